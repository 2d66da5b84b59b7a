"""Real files that are odd or damaged, from Pillow's own tests."""

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

REFUSED = {
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
TURNED = ("hopper_orientation_3.jpg", "hopper_orientation_6.jpg", "hopper_orientation_8.jpg")


@pytest.fixture(scope="module")
def odd(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with odd-images/ and odd-files/."""
    place = tmp_path_factory.mktemp("odd")
    with tarfile.open(shared_data / "odd-inputs.tar.gz") as archive:
        archive.extractall(place, filter="data")
    return place


def pixels(odd: Path, name: str, size: int = 32) -> torch.Tensor:
    return read_image(odd / "odd-images" / name, size, 3).float()


def test_what_is_damaged_is_refused_and_all_else_is_read(odd: Path) -> None:
    refused = set()
    for path in (odd / "odd-images").iterdir():
        try:
            assert read_image(path, 16, 3).shape == (3, 16, 16)
        except DECODING_ERRORS:
            refused.add(path.name)
    assert refused == REFUSED | NO_IMAGES


@pytest.mark.parametrize("name", [*HOPPER, *TURNED])
def test_the_same_picture_is_the_same_in_every_format_and_orientation(odd: Path, name: str) -> None:
    assert (pixels(odd, name) - pixels(odd, "hopper.jpg")).abs().mean() < 6


def test_grey_is_the_grey_of_the_picture(odd: Path) -> None:
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]  # ITU-R BT.601
    assert (pixels(odd, "hopper_gray.jpg")[0] - (luma * pixels(odd, "hopper.jpg")).sum(0)).abs().mean() < 6


def test_16_bits_are_scaled(odd: Path) -> None:
    assert set(pixels(odd, "uint16_1_4660.tif").unique().tolist()) == {round(4660 / 65535 * 255)}
    with Image.open(odd / "odd-images" / "16_bit_binary.pgm") as image:
        mean = np.asarray(image).mean() / 65535 * 255
    assert pixels(odd, "16_bit_binary.pgm", 20).mean().item() == pytest.approx(mean, abs=8)


def test_transparency_is_white_at_every_depth(odd: Path) -> None:
    for name in ("1_trns.png", "l_trns.png", "i_trns.png", "p_trns_single.png", "rgb_trns.png"):
        with Image.open(odd / "odd-images" / name) as image:
            deep = image.mode == "I;16"  # which Pillow itself does not make transparent
            clear = np.asarray(image) == 255 if deep else np.asarray(image.convert("RGBA"))[..., 3] == 0
        shown = pixels(odd, name, 64).amin(0).numpy()
        assert clear.any(), name
        assert (shown[clear] == 255).all(), name


def test_cmyk_is_dark_red_as_viewers_show_it(odd: Path) -> None:
    red, green, blue = pixels(odd, "pil_sample_cmyk.jpg").mean((1, 2)).tolist()
    assert red > 2 * green
    assert red > 2 * blue


def test_of_animations_the_first_frame(odd: Path) -> None:
    with Image.open(odd / "odd-images" / "chi.gif") as image:
        image.seek(0)
        mean = np.asarray(image.convert("RGB")).mean()
    assert pixels(odd, "chi.gif", 240).mean().item() == pytest.approx(mean, abs=3)


def test_pixels_of_unknown_range_are_not_guessed(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match="unknown range"):
        read_image(tmp_path / "float.tif", 8, 3)


@pytest.fixture
def photos(odd: Path, empty: Path) -> Path:
    """A training folder with every odd file in it, and enough sound ones."""
    shutil.copytree(odd / "odd-images", empty / "photos")
    for copy in range(10):
        shutil.copy(empty / "photos" / "hopper.jpg", empty / "photos" / f"copy-{copy}.jpg")
    return empty / "photos"


def test_a_folder_of_odd_files_trains_and_names_what_it_skipped(zoo: Run, photos: Path, empty: Path) -> None:
    line = ("train", "ccgan", "--data", photos, "--steps", 2, "--width", 4, "--batch-size", 8, "--run-dir", "r")
    done = zoo(*line)
    assert done.returncode == 0, done.stderr
    names = [text.split(" (")[0] for text in (empty / "r" / "skipped-files.txt").read_text().splitlines()]
    assert f"{len(names)} damaged files were skipped" in done.stderr
    assert set(names) <= REFUSED
    test = folder(DatasetRequest("test", 32, photos))
    skipped = {*names, *(text.split(" (")[0] for text in test.skipped)}
    assert skipped == REFUSED


def test_strict_stops_at_them_and_makes_no_run(zoo: Run, photos: Path, empty: Path) -> None:
    done = zoo("train", "ccgan", "--data", photos, "--strict", "--run-dir", "r")
    assert done.returncode == 1
    assert "image files in" in done.stderr
    assert "Fix or remove them, or omit `--strict`." in done.stderr
    assert not (empty / "r").exists()


@pytest.mark.parametrize("size", [290816, 1015808])
def test_a_real_interrupted_download_is_named_with_the_fix(odd: Path, tmp_path: Path, size: int) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    name = "train-images-idx3-ubyte"
    shutil.copy(odd / "odd-files" / f"{name}.truncated-{size}.gz", raw / f"{name}.gz")
    with pytest.raises(ZooError, match=rf"{name}.gz cannot be unpacked; its download may be incomplete.*download it"):
        torchvision_datasets.mnist(DatasetRequest(root=tmp_path))
    assert sorted(path.name for path in raw.iterdir()) == [f"{name}.gz"]


def test_every_odd_picture_is_filled_and_told_or_named(odd: Path, zoo: Run, empty: Path) -> None:
    """Right picture or one clear sentence each; the others are done."""
    train = ("train", "ccgan", "--data", odd / "odd-images", "--batch-size", 8, "--steps", 1, "--width", 2)
    assert zoo(*train, "--labels", 0, "--run-dir", "run").returncode == 0
    done = zoo("inpaint", "run", odd / "odd-images", "--output", "out", "--random")
    images = {path.name for path in (odd / "odd-images").iterdir()} - NO_IMAGES
    too_small = {"no_palette.gif", "tRNS_null_1x1.png"}  # a single pixel: the hole is all of it
    said = {Path(line.split(":")[1].split(" cannot")[0].strip()).name for line in done.stderr.splitlines()}
    assert done.returncode == 1
    assert said == (REFUSED & images) | too_small
    assert {path.stem for path in Path("out").iterdir()} == images - said
    for name in HOPPER:
        with Image.open(Path("out", f"{name}.png")) as filled, Image.open(odd / "odd-images" / name) as before:
            differ = np.abs(np.asarray(filled).astype(int) - np.asarray(before.convert("RGB")))
        assert 0.9 < (differ > 0).any(2).sum() / 64**2 <= 1

    assert zoo("train", "labels-only", "--steps", 1, "--width", 2, "--run-dir", "classes").returncode == 0
    done = zoo("predict", "classes", odd / "odd-images", "--output", "labels.csv")
    assert done.returncode == 1
    assert {Path(line.split()[1]).name for line in done.stderr.splitlines()} == REFUSED & images
    assert len(Path("labels.csv").read_text().splitlines()) == 1 + len(images - REFUSED)
