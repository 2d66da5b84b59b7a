"""Masks from boxes, files, transparency and random positions."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_core import UsageError
from zoo_core.inference.masks import make_box_mask, make_random_mask, make_transparency_mask, read_mask

IMAGE = Image.new("RGB", (20, 10), "red")


def draw_rectangle(mode: str, background: object, foreground: object) -> Image.Image:
    """An image of the same size with a rectangle from (3, 2) to (8, 4), both inclusive."""
    image = Image.new(mode, (20, 10), background)  # type: ignore[arg-type]
    ImageDraw.Draw(image).rectangle((3, 2, 8, 4), fill=foreground)  # type: ignore[arg-type]
    return image


def make_expected_mask() -> np.ndarray:
    mask = np.zeros((10, 20), dtype=bool)
    mask[2:5, 3:9] = True
    return mask


def test_a_box_is_left_top_width_height() -> None:
    assert (make_box_mask(IMAGE, (3, 2, 6, 3)) == make_expected_mask()).all()


@pytest.mark.parametrize("box", [(-1, 0, 3, 3), (0, 0, 0, 3), (18, 0, 3, 3), (0, 8, 3, 3)])
def test_the_error_for_a_box_outside_the_image_names_the_size(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError, match=r"is not inside an image of 20x10 pixels"):
        make_box_mask(IMAGE, box)


@pytest.mark.parametrize(("mode", "black", "white"), [("L", 0, 255), ("RGB", "black", "white"), ("1", 0, 1)])
def test_white_pixels_of_a_mask_file_are_missing(tmp_path: Path, mode: str, black: object, white: object) -> None:
    draw_rectangle(mode, black, white).save(tmp_path / "mask.png")
    assert (read_mask(IMAGE, tmp_path / "mask.png") == make_expected_mask()).all()


def test_the_error_for_a_mask_of_another_size_names_both_sizes(tmp_path: Path) -> None:
    Image.new("L", (10, 20)).save(tmp_path / "mask.png")
    with pytest.raises(UsageError, match=r"has 10x20 pixels, but the image has 20x10 pixels"):
        read_mask(IMAGE, tmp_path / "mask.png")


def test_transparent_pixels_are_missing_at_every_bit_depth() -> None:
    assert (make_transparency_mask(draw_rectangle("RGBA", "red", (0, 0, 0, 0))) == make_expected_mask()).all()
    assert (make_transparency_mask(draw_rectangle("LA", (9, 255), (9, 0))) == make_expected_mask()).all()
    deep = Image.fromarray(np.where(make_expected_mask(), 300, 40000).astype(np.uint16))
    deep.info["transparency"] = 300
    assert (make_transparency_mask(deep) == make_expected_mask()).all()
    assert not make_transparency_mask(IMAGE).any()


def test_a_random_mask_is_half_as_wide_reaches_every_border_and_is_reproducible() -> None:
    masks = [make_random_mask(IMAGE, seed) for seed in range(200)]
    assert all(mask.sum() == 25 for mask in masks)
    assert np.any(masks, axis=0).all()
    assert (make_random_mask(IMAGE, 3) == masks[3]).all()
