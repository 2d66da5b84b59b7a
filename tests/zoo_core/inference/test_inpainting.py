"""Holes of all sizes in pictures of all sizes, by generators that draw something known."""

from itertools import pairwise

import numpy as np
import pytest
from painters import MeanOfKept, Mirror, Painter, model
from PIL import Image
from tiny_gan import TinyGenerator

from zoo_core import UsageError
from zoo_core.inference.inpaint_files import draw_sheet
from zoo_core.inference.inpainting import inpaint
from zoo_core.inference.masks import Mask, make_box_mask
from zoo_core.inference.windows import find_regions, make_tiles

SIZES = [(32, 32), (7, 13), (1, 40), (100, 30), (150, 200)]


def noise(size: tuple[int, int]) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def mask_in(picture: Image.Image, share: float) -> Mask:
    width, height = (max(1, int(length * share)) for length in picture.size)
    return make_box_mask(picture, (0, picture.height - height, width, height))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("context", ["auto", "tiles", "resize", "whole"])
def test_the_hole_is_drawn_and_nothing_else_changes(size: tuple[int, int], share: float, context: str) -> None:
    picture = noise(size)
    mask = mask_in(picture, share)
    filled = inpaint(model(Painter, value=1.0), picture, mask, context)  # type: ignore[arg-type]
    pixels = np.asarray(filled.picture)
    assert (pixels[~mask] == np.asarray(picture)[~mask]).all()
    if context == "tiles" or (context == "auto" and "brought" not in filled.how[0]):
        assert (pixels[mask] == 255).all()
    else:  # kept pixels join in at the edge
        assert pixels[mask].mean() > 200


@pytest.mark.parametrize("context", ["tiles", "resize", "whole"])
def test_what_is_inside_the_hole_is_never_looked_at(context: str) -> None:
    for size in SIZES:
        grey = Image.new("RGB", size, (128, 128, 128))
        mask = mask_in(grey, 0.5)
        loud = Image.fromarray(np.where(mask[:, :, None], 255, np.asarray(grey)).astype(np.uint8))
        pictures = [inpaint(model(Mirror), image, mask, context).picture for image in (grey, loud)]  # type: ignore[arg-type]
        assert np.array_equal(*map(np.asarray, pictures))
        assert abs(np.asarray(pictures[0]).astype(int) - 128).max() <= 1


@pytest.mark.parametrize("context", ["tiles", "resize"])
def test_a_hole_is_filled_from_its_own_surroundings(context: str) -> None:
    """Left half black, right half white; a hole deep inside each is filled with the colour around it."""
    pixels = np.zeros((64, 200), dtype=np.uint8)
    pixels[:, 100:] = 255
    picture = Image.fromarray(pixels)
    mask = make_box_mask(picture, (30, 25, 12, 12)) | make_box_mask(picture, (160, 25, 12, 12))
    filled = inpaint(model(MeanOfKept, channels=1), picture, mask, context)  # type: ignore[arg-type]
    assert len(filled.how) == 2
    assert (np.asarray(filled.picture) == pixels).all()


@pytest.mark.parametrize("box", [(3, 5, 71, 50), (40, 40, 33, 47), (99, 1, 101, 140)])
def test_a_white_picture_stays_white_wherever_the_hole_ends(box: tuple[int, int, int, int]) -> None:
    white = Image.new("L", (200, 150), 255)
    filled = inpaint(model(MeanOfKept, channels=1), white, make_box_mask(white, box), "resize")
    assert filled.picture.getextrema() == (255, 255)


def test_thin_holes_are_filled_in_the_pictures_own_pixels_and_thick_ones_by_bringing_it_to_size() -> None:
    picture = noise((300, 200))
    scratch = make_box_mask(picture, (5, 90, 290, 6))
    assert "windows that overlap, 32x32 pixels of the picture" in inpaint(model(), picture, scratch).how[0]
    assert (
        inpaint(model(), picture, make_box_mask(picture, (50, 50, 16, 16)))
        .how[0]
        .endswith("in one window, 32x32 pixels of the picture")
    )
    block = inpaint(model(), picture, make_box_mask(picture, (50, 50, 60, 40))).how
    assert block == ("a hole of 60x40 pixels at 50,50, filled from 120x120 pixels around it, brought to 32x32",)


def test_the_whole_picture_may_be_brought_to_size() -> None:
    """Black on the left, white on the right: the mean of all that is kept, wherever the hole is."""
    pixels = np.zeros((50, 100), dtype=np.uint8)
    pixels[:, 50:] = 255
    mask = make_box_mask(Image.fromarray(pixels), (5, 5, 10, 10))
    filled = inpaint(model(MeanOfKept, channels=1), Image.fromarray(pixels), mask, "whole")
    assert filled.how == ("a hole of 10x10 pixels at 5,5, filled from 100x100 pixels around it, brought to 32x32",)
    assert 100 < np.asarray(filled.picture)[10, 10] < 160


def test_windows_cover_a_long_hole_and_overlap_by_half_or_more() -> None:
    (scratch,) = find_regions(make_box_mask(noise((300, 200)), (5, 90, 290, 6)), near=8)
    lefts = sorted({window.left for window in make_tiles(scratch, 32)})
    assert lefts[0] <= 5 - 8
    assert lefts[-1] + 32 >= 295 + 8
    assert max(later - sooner for sooner, later in pairwise(lefts)) <= 16


def test_where_windows_overlap_they_are_blended_without_a_seam() -> None:
    """Between black on the left and white on the right, the mean of what is kept rises step by step."""
    ramp = np.tile(np.linspace(0, 255, 200).astype(np.uint8), (40, 1))
    picture = Image.fromarray(ramp)
    filled = inpaint(model(MeanOfKept, channels=1), picture, make_box_mask(picture, (20, 15, 160, 8)), "tiles")
    line = np.asarray(filled.picture)[18, 20:180].astype(int)
    assert (np.diff(line) >= 0).all()
    assert np.diff(line).max() <= 4


def test_an_empty_hole_a_whole_one_and_one_of_another_size_are_refused() -> None:
    picture = noise((20, 10))
    for mask, words in (
        (np.zeros((10, 20), dtype=bool), "There is no hole to fill"),
        (np.ones((10, 20), dtype=bool), "the whole picture"),
        (np.ones((20, 10), dtype=bool), "The hole is 10x20 pixels, the picture 20x10"),
    ):
        with pytest.raises(UsageError, match=words):
            inpaint(model(), picture, mask)


def test_a_generator_that_does_not_fill_holes_says_so() -> None:
    picture = noise((20, 10))
    with pytest.raises(UsageError, match=r"The generator of a test \(TinyGenerator\) does not fill holes"):
        inpaint(model(TinyGenerator), picture, make_box_mask(picture, (0, 0, 5, 5)))


def test_what_the_network_drew_is_shown_where_it_looked() -> None:
    picture = Image.new("RGB", (100, 60), "black")
    small = inpaint(model(Painter, value=1.0), picture, make_box_mask(picture, (60, 20, 10, 10)))
    assert np.asarray(small.drawn).all(2).sum() == 32 * 32
    thick = inpaint(model(Painter, value=1.0), picture, make_box_mask(picture, (10, 10, 20, 20)))
    assert np.asarray(thick.drawn).all(2).sum() == 40 * 40


def test_a_sheet_shows_before_hole_and_after() -> None:
    picture = Image.new("RGB", (20, 10), "black")
    filled = inpaint(model(Painter, value=1.0), picture, make_box_mask(picture, (2, 2, 4, 4)))
    shown = draw_sheet(filled)
    assert shown.size == (20 * 3 + 16, 10)
    assert [shown.getpixel((start + 3, 3)) for start in (0, 28, 56)] == [(0,) * 3, (128,) * 3, (255,) * 3]
    assert [shown.getpixel((start + 15, 3)) for start in (0, 28, 56)] == [(0,) * 3] * 3
