"""Images of all modes keep the pixels outside a hole."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from zoo_core import ZooError
from zoo_core.inference.images import choose_suffix, open_image, paste, save_image, to_exact_mode, to_float_tensor

GREEN = (0, 200, 0)


def make_noise(mode: str, size: tuple[int, int] = (20, 10)) -> Image.Image:
    random = np.random.default_rng(0)
    if mode == "I;16":
        return Image.fromarray(random.integers(0, 2**16, size[::-1], dtype=np.uint16))
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.integers(0, 256, size[0] * size[1] * bands, dtype=np.uint8).tobytes())


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16", "CMYK"])
def test_pixels_outside_the_hole_are_the_same_in_the_written_file(mode: str, tmp_path: Path) -> None:
    image = make_noise(mode)
    mask = np.zeros((10, 20), dtype=bool)
    mask[2:5, 3:9] = True
    path = tmp_path / f"out{choose_suffix(image)}"
    save_image(paste(to_exact_mode(image), torch.ones(3, 10, 20), mask), path)
    with Image.open(path) as written:
        assert written.mode == mode
        assert (np.asarray(written)[~mask] == np.asarray(image)[~mask]).all()
        inside = written.convert("RGB") if mode != "I;16" else written
        assert (np.asarray(inside)[mask] == (65535 if mode == "I;16" else 255)).all()


def test_generated_pixels_are_opaque() -> None:
    mask = np.ones((10, 20), dtype=bool)
    assert paste(make_noise("RGBA"), torch.zeros(3, 10, 20), mask).getpixel((4, 4)) == (128, 128, 128, 255)
    assert paste(make_noise("LA"), torch.zeros(1, 10, 20), mask).getpixel((4, 4)) == (128, 255)


def test_16_bit_images_keep_their_depth_even_if_pillow_reads_32_bits(tmp_path: Path) -> None:
    deep = np.array([[0, 300, 65535]], dtype=np.uint16)
    (tmp_path / "deep.pgm").write_bytes(b"P5 3 1 65535\n" + deep.astype(">u2").tobytes())
    image = open_image(tmp_path / "deep.pgm")
    assert image.mode == "I;16"
    assert (np.asarray(image) == deep).all()
    assert to_float_tensor(image, 1).flatten().tolist() == pytest.approx([-1, -1 + 2 * 300 / 65535, 1], abs=1 / 255)


def test_pixel_values_without_a_known_range_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0.0, 7.5]], dtype=np.float32)).save(tmp_path / "float.tif")
    Image.fromarray(np.array([[0, 70000]], dtype=np.int32)).save(tmp_path / "long.tif")
    for name in ("float", "long"):
        with pytest.raises(ZooError, match=rf"{name}.tif cannot be read: its pixels are .* of unknown range\.$"):
            open_image(tmp_path / f"{name}.tif")


def test_palettes_and_transparent_colours_are_expanded(tmp_path: Path) -> None:
    palette = Image.new("RGB", (4, 1), GREEN).convert("P", palette=Image.Palette.ADAPTIVE)
    assert to_exact_mode(palette).getpixel((0, 0)) == GREEN
    Image.new("RGB", (4, 1), GREEN).save(tmp_path / "clear.png", transparency=GREEN)
    assert open_image(tmp_path / "clear.png").getpixel((0, 0)) == (*GREEN, 0)
    assert to_exact_mode(Image.new("1", (2, 2), 1)).getpixel((0, 0)) == 255


def test_a_rotated_image_is_turned_upright_once_and_keeps_its_other_metadata(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 4), "white")
    image.putpixel((0, 0), (0, 0, 0))
    exif, profile = Image.Exif(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif[0x0112], exif[0x010E] = 6, "a note"  # orientation, description
    image.save(tmp_path / "rotated.png", exif=exif, icc_profile=profile)
    save_image(open_image(tmp_path / "rotated.png"), tmp_path / "upright.png")
    with Image.open(tmp_path / "upright.png") as upright:
        assert upright.size == (4, 8)
        assert upright.getpixel((3, 0)) == (0, 0, 0)
        assert dict(upright.getexif()) == {0x010E: "a note"}
        assert upright.info["icc_profile"] == profile


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_a_file_that_is_not_an_image_gives_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ZooError, match=r"x.png cannot be read: .*[^.]\.$"):
        open_image(path)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ZooError, match=r"file/x.png cannot be written"):
        save_image(make_noise("L"), tmp_path / "file" / "x.png")
