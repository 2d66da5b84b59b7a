from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_core import UsageError
from zoo_core.inference.masks import make_box_mask, make_random_mask, make_transparency_mask, read_mask

PICTURE = Image.new("RGB", (20, 10), "red")


def drawn(mode: str, background: object, foreground: object) -> Image.Image:
    """A picture of the same size with a rectangle from (3, 2) to (8, 4), both ends included."""
    image = Image.new(mode, (20, 10), background)  # type: ignore[arg-type]
    ImageDraw.Draw(image).rectangle((3, 2, 8, 4), fill=foreground)  # type: ignore[arg-type]
    return image


def expected() -> np.ndarray:
    mask = np.zeros((10, 20), dtype=bool)
    mask[2:5, 3:9] = True
    return mask


def test_a_box_is_left_top_width_height() -> None:
    assert (make_box_mask(PICTURE, (3, 2, 6, 3)) == expected()).all()


@pytest.mark.parametrize("box", [(-1, 0, 3, 3), (0, 0, 0, 3), (18, 0, 3, 3), (0, 8, 3, 3)])
def test_a_box_that_is_not_inside_names_the_size(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(UsageError, match=r"does not lie in a picture of 20x10 pixels"):
        make_box_mask(PICTURE, box)


@pytest.mark.parametrize(("mode", "black", "white"), [("L", 0, 255), ("RGB", "black", "white"), ("1", 0, 1)])
def test_a_mask_is_a_hole_where_it_is_white(tmp_path: Path, mode: str, black: object, white: object) -> None:
    drawn(mode, black, white).save(tmp_path / "mask.png")
    assert (read_mask(PICTURE, tmp_path / "mask.png") == expected()).all()


def test_a_mask_of_another_size_names_both(tmp_path: Path) -> None:
    Image.new("L", (10, 20)).save(tmp_path / "mask.png")
    with pytest.raises(UsageError, match=r"is 10x20 pixels, the picture 20x10 pixels"):
        read_mask(PICTURE, tmp_path / "mask.png")


def test_a_transparent_region_is_a_hole_at_every_depth() -> None:
    assert (make_transparency_mask(drawn("RGBA", "red", (0, 0, 0, 0))) == expected()).all()
    assert (make_transparency_mask(drawn("LA", (9, 255), (9, 0))) == expected()).all()
    deep = Image.fromarray(np.where(expected(), 300, 40000).astype(np.uint16))
    deep.info["transparency"] = 300
    assert (make_transparency_mask(deep) == expected()).all()
    assert not make_transparency_mask(PICTURE).any()


def test_a_random_hole_is_half_as_wide_reaches_every_border_and_repeats() -> None:
    masks = [make_random_mask(PICTURE, seed) for seed in range(200)]
    assert all(mask.sum() == 25 for mask in masks)
    assert np.any(masks, axis=0).all()
    assert (make_random_mask(PICTURE, 3) == masks[3]).all()
