"""Unusual and damaged files, from Pillow's own tests."""

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from program import Run

from zoo_core import DatasetRequest, ZooError, folder
from zoo_core.data.datasets import torchvision_datasets
from zoo_core.data.decoding import DECODING_ERRORS, read_image

UNREADABLE = {
    "broken.png",
    "broken_data_stream.png",
    "decompression_bomb.gif",
    "decompression_bomb.ico",
    "negative_size.ppm",
    "not_an_image.jpg",
    "png_decompression_dos.png",
    "tar_named.png",
    "truncated_end_chunk.png",
    "truncated_image.png",
    "truncated_jpeg.jpg",
    "ultrahdr.jpg",
    "unknown_compression_method.png",
    "zero_byte.png",
    "zero_width.gif",
}
NO_IMAGES = {"LICENSE-Pillow.txt", "manifest.json"}
HOPPER = ("hopper.bmp", "hopper.gif", "hopper.png", "hopper.tif", "hopper.webp", "png_named.jpg")
ROTATED = ("hopper_orientation_3.jpg", "hopper_orientation_6.jpg", "hopper_orientation_8.jpg")


@pytest.fixture(scope="module")
def odd(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with odd-images/ and odd-files/."""
    folder = tmp_path_factory.mktemp("odd")
    with tarfile.open(shared_data / "odd-inputs.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def read_pixels(odd: Path, name: str, size: int = 32) -> torch.Tensor:
    return read_image(odd / "odd-images" / name, size, 3).float()


def test_damaged_files_are_refused_and_all_others_are_read(odd: Path) -> None:
    refused = set()
    for path in (odd / "odd-images").iterdir():
        try:
            assert read_image(path, 16, 3).shape == (3, 16, 16)
        except DECODING_ERRORS:
            refused.add(path.name)
    assert refused == UNREADABLE | NO_IMAGES


@pytest.mark.parametrize("name", [*HOPPER, *ROTATED])
def test_an_image_has_the_same_pixels_in_every_format_and_orientation(odd: Path, name: str) -> None:
    assert (read_pixels(odd, name) - read_pixels(odd, "hopper.jpg")).abs().mean() < 6


def test_grey_is_the_luminance_of_the_colours(odd: Path) -> None:
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]  # ITU-R BT.601
    assert (read_pixels(odd, "hopper_gray.jpg")[0] - (luma * read_pixels(odd, "hopper.jpg")).sum(0)).abs().mean() < 6


def test_16_bit_values_are_scaled(odd: Path) -> None:
    assert set(read_pixels(odd, "uint16_1_4660.tif").unique().tolist()) == {round(4660 / 65535 * 255)}
    with Image.open(odd / "odd-images" / "16_bit_binary.pgm") as image:
        mean = np.asarray(image).mean() / 65535 * 255
    assert read_pixels(odd, "16_bit_binary.pgm", 20).mean().item() == pytest.approx(mean, abs=8)


def test_transparent_pixels_become_white_at_every_bit_depth(odd: Path) -> None:
    for name in ("1_trns.png", "l_trns.png", "i_trns.png", "p_trns_single.png", "rgb_trns.png"):
        with Image.open(odd / "odd-images" / name) as image:
            is_16_bit = image.mode == "I;16"  # Pillow itself ignores transparency here
            transparent = np.asarray(image) == 255 if is_16_bit else np.asarray(image.convert("RGBA"))[..., 3] == 0
        darkest = read_pixels(odd, name, 64).amin(0).numpy()
        assert transparent.any(), name
        assert (darkest[transparent] == 255).all(), name


def test_cmyk_is_converted_to_dark_red_as_in_image_viewers(odd: Path) -> None:
    red, green, blue = read_pixels(odd, "pil_sample_cmyk.jpg").mean((1, 2)).tolist()
    assert red > 2 * green
    assert red > 2 * blue


def test_the_first_frame_of_an_animation_is_used(odd: Path) -> None:
    with Image.open(odd / "odd-images" / "chi.gif") as image:
        image.seek(0)
        mean = np.asarray(image.convert("RGB")).mean()
    assert read_pixels(odd, "chi.gif", 240).mean().item() == pytest.approx(mean, abs=3)


def test_floating_point_pixels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match="unknown range"):
        read_image(tmp_path / "float.tif", 8, 3)


@pytest.fixture
def photos(odd: Path, empty: Path) -> Path:
    """A training folder with every unusual file, and enough ordinary ones."""
    shutil.copytree(odd / "odd-images", empty / "photos")
    for copy in range(10):
        shutil.copy(empty / "photos" / "hopper.jpg", empty / "photos" / f"copy-{copy}.jpg")
    return empty / "photos"


def test_training_on_unusual_files_lists_the_skipped_ones(zoo: Run, photos: Path, empty: Path) -> None:
    done = zoo("train", "ccgan", "--data", photos, "--steps", 2, "--width", 4, "--batch-size", 8, "--run-dir", "run")
    assert done.returncode == 0, done.stderr
    names = [text.split(" (")[0] for text in (empty / "run" / "skipped-files.txt").read_text().splitlines()]
    assert f"{len(names)} damaged files were skipped" in done.stderr
    assert set(names) <= UNREADABLE
    test = folder(DatasetRequest("test", 32, photos))
    skipped = {*names, *(text.split(" (")[0] for text in test.skipped)}
    assert skipped == UNREADABLE


def test_strict_refuses_damaged_files_before_a_run_is_created(zoo: Run, photos: Path, empty: Path) -> None:
    done = zoo("train", "ccgan", "--data", photos, "--strict", "--run-dir", "run")
    assert done.returncode == 1
    assert "image files in" in done.stderr
    assert "Fix or remove them, or omit `--strict`." in done.stderr
    assert not (empty / "run").exists()


@pytest.mark.parametrize("size", [290816, 1015808])
def test_a_truncated_download_is_an_error_with_the_fix(odd: Path, tmp_path: Path, size: int) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    name = "train-images-idx3-ubyte"
    shutil.copy(odd / "odd-files" / f"{name}.truncated-{size}.gz", raw / f"{name}.gz")
    with pytest.raises(ZooError, match=rf"{name}.gz cannot be unpacked; its download may be incomplete.*download it"):
        torchvision_datasets.mnist(DatasetRequest(root=tmp_path))
    assert sorted(path.name for path in raw.iterdir()) == [f"{name}.gz"]


def test_every_unusual_image_is_filled_and_classified_or_named_in_an_error(odd: Path, zoo: Run, empty: Path) -> None:
    train = ("train", "ccgan", "--data", odd / "odd-images", "--batch-size", 8, "--steps", 1, "--width", 2)
    assert zoo(*train, "--labels", 0, "--run-dir", "run").returncode == 0
    done = zoo("inpaint", "run", odd / "odd-images", "--output", "out", "--random")
    images = {path.name for path in (odd / "odd-images").iterdir()} - NO_IMAGES
    too_small = {"no_palette.gif", "tRNS_null_1x1.png"}  # of a single pixel, all of which is the hole
    failed = {Path(line.split(":")[1].split(" cannot")[0].strip()).name for line in done.stderr.splitlines()}
    assert done.returncode == 1
    assert failed == (UNREADABLE & images) | too_small
    assert {path.stem for path in Path("out").iterdir()} == images - failed
    for name in HOPPER:
        with Image.open(Path("out", f"{name}.png")) as filled, Image.open(odd / "odd-images" / name) as original:
            difference = np.abs(np.asarray(filled).astype(int) - np.asarray(original.convert("RGB")))
        assert 0.9 < (difference > 0).any(2).sum() / 64**2 <= 1

    assert zoo("train", "labels-only", "--steps", 1, "--width", 2, "--run-dir", "classes").returncode == 0
    done = zoo("predict", "classes", odd / "odd-images", "--output", "labels.csv")
    assert done.returncode == 1
    assert {Path(line.split()[1]).name for line in done.stderr.splitlines()} == UNREADABLE & images
    assert len(Path("labels.csv").read_text().splitlines()) == 1 + len(images - UNREADABLE)
