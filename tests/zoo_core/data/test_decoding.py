from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zoo_core.data.decoding import read_image


def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 32896, np.uint16)).save(tmp_path / "deep.png")
    assert set(read_image(tmp_path / "deep.png", 8, 1).unique().tolist()) == {128}


def test_transparent_pixels_become_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "transparent.png")
    assert read_image(tmp_path / "transparent.png", 8, 3).min() == 255


def test_camera_orientation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), "black")
    image.paste("white", (0, 0, 8, 4))
    exif = Image.Exif()
    exif[274] = 3  # upside down
    image.save(tmp_path / "rotated.png", exif=exif)
    pixels = read_image(tmp_path / "rotated.png", 8, 1)
    assert pixels[0, 0, 0] == 0
    assert pixels[0, 7, 0] == 255


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "RGB", "RGBA", "I;16"])
def test_images_of_every_mode_have_the_requested_channels(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("image.tif" if mode == "CMYK" else "image.png")
    Image.new(mode, (10, 12)).save(path)
    assert read_image(path, 8, 3).shape == (3, 8, 8)
    assert read_image(path, 8, 1).shape == (1, 8, 8)


def test_the_first_frame_of_an_animation_is_used(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), value) for value in (255, 0)]
    frames[0].save(tmp_path / "animation.gif", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "animation.gif", 8, 1).min() == 255
