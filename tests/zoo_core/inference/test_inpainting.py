"""Holes of all sizes in images of all sizes, filled by generators with a known output."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from simple_generators import ConstantGenerator, IdentityGenerator, MeanGenerator, make_model
from tiny_gan import TinyGenerator

from zoo_core import UsageError
from zoo_core.inference.inpaint_files import make_sheet
from zoo_core.inference.inpainting import inpaint
from zoo_core.inference.masks import Mask, make_box_mask
from zoo_core.inference.windows import find_regions, make_tiles

SIZES = [(32, 32), (7, 13), (1, 40), (100, 30), (150, 200)]


def make_noise(size: tuple[int, int]) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def make_corner_mask(image: Image.Image, fraction: float) -> Mask:
    width, height = (max(1, int(length * fraction)) for length in image.size)
    return make_box_mask(image, (0, image.height - height, width, height))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("context", ["auto", "tiles", "resize", "whole"])
def test_only_the_hole_changes(size: tuple[int, int], fraction: float, context: str) -> None:
    image = make_noise(size)
    mask = make_corner_mask(image, fraction)
    result = inpaint(make_model(ConstantGenerator, value=1.0), image, mask, context)  # type: ignore[arg-type]
    pixels = np.asarray(result.image)
    assert (pixels[~mask] == np.asarray(image)[~mask]).all()
    if context == "tiles" or (context == "auto" and "resized" not in result.descriptions[0]):
        assert (pixels[mask] == 255).all()
    else:  # kept pixels affect the edge
        assert pixels[mask].mean() > 200


@pytest.mark.parametrize("context", ["tiles", "resize", "whole"])
def test_the_content_of_the_hole_is_ignored(context: str) -> None:
    for size in SIZES:
        grey = Image.new("RGB", size, (128, 128, 128))
        mask = make_corner_mask(grey, 0.5)
        white_in_hole = Image.fromarray(np.where(mask[:, :, None], 255, np.asarray(grey)).astype(np.uint8))
        model = make_model(IdentityGenerator)
        first, second = (
            np.asarray(inpaint(model, image, mask, context).image)  # type: ignore[arg-type]
            for image in (grey, white_in_hole)
        )
        assert np.array_equal(first, second)
        assert abs(first.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("context", ["tiles", "resize"])
def test_each_hole_is_filled_from_its_own_surroundings(context: str) -> None:
    """Left half black, right half white; a hole in the middle of each is filled with the colour around it."""
    pixels = np.zeros((64, 200), dtype=np.uint8)
    pixels[:, 100:] = 255
    image = Image.fromarray(pixels)
    mask = make_box_mask(image, (30, 25, 12, 12)) | make_box_mask(image, (160, 25, 12, 12))
    result = inpaint(make_model(MeanGenerator, channels=1), image, mask, context)  # type: ignore[arg-type]
    assert len(result.descriptions) == 2
    assert (np.asarray(result.image) == pixels).all()


@pytest.mark.parametrize("box", [(3, 5, 71, 50), (40, 40, 33, 47), (99, 1, 101, 140)])
def test_a_white_image_stays_white_wherever_the_hole_ends(box: tuple[int, int, int, int]) -> None:
    white = Image.new("L", (200, 150), 255)
    result = inpaint(make_model(MeanGenerator, channels=1), white, make_box_mask(white, box), "resize")
    assert result.image.getextrema() == (255, 255)


def test_thin_holes_are_filled_at_full_resolution_and_thick_ones_from_a_resized_window() -> None:
    image = make_noise((300, 200))

    def describe(*box: int) -> str:
        (description,) = inpaint(make_model(), image, make_box_mask(image, box)).descriptions  # type: ignore[arg-type]
        return description

    assert "overlapping windows of 32x32 pixels" in describe(5, 90, 290, 6)
    assert describe(50, 50, 16, 16).endswith("filled in one window of 32x32 pixels")
    assert (
        describe(50, 50, 60, 40)
        == "a hole of 60x40 pixels at 50,50, filled from 120x120 pixels around it, resized to 32x32"
    )


def test_the_complete_image_can_be_resized() -> None:
    """Black on the left, white on the right: the mean of all kept pixels, wherever the hole is."""
    pixels = np.zeros((50, 100), dtype=np.uint8)
    pixels[:, 50:] = 255
    mask = make_box_mask(Image.fromarray(pixels), (5, 5, 10, 10))
    result = inpaint(make_model(MeanGenerator, channels=1), Image.fromarray(pixels), mask, "whole")
    assert result.descriptions == (
        "a hole of 10x10 pixels at 5,5, filled from 100x100 pixels around it, resized to 32x32",
    )
    assert 100 < np.asarray(result.image)[10, 10] < 160


def test_an_unknown_context_is_named() -> None:
    image = make_noise((20, 10))
    with pytest.raises(UsageError, match=r"no context 'tile'\. Available: auto, tiles, resize, whole\."):
        inpaint(make_model(), image, make_box_mask(image, (0, 0, 5, 5)), "tile")  # type: ignore[arg-type]


def test_windows_cover_a_long_hole_and_overlap_by_half_or_more() -> None:
    (scratch,) = find_regions(make_box_mask(make_noise((300, 200)), (5, 90, 290, 6)), near=8)
    lefts = sorted({window.left for window in make_tiles(scratch, 32)})
    assert lefts[0] <= 5 - 8
    assert lefts[-1] + 32 >= 295 + 8
    assert max(right - left for left, right in pairwise(lefts)) <= 16


def test_overlapping_windows_are_blended_without_a_seam() -> None:
    """Between black on the left and white on the right, the mean of the kept pixels increases gradually."""
    ramp = np.tile(np.linspace(0, 255, 200).astype(np.uint8), (40, 1))
    image = Image.fromarray(ramp)
    mask = make_box_mask(image, (20, 15, 160, 8))
    result = inpaint(make_model(MeanGenerator, channels=1), image, mask, "tiles")
    line = np.asarray(result.image)[18, 20:180].astype(int)
    assert (np.diff(line) >= 0).all()
    assert np.diff(line).max() <= 4


def test_empty_full_and_wrongly_sized_masks_are_refused() -> None:
    image = make_noise((20, 10))
    for mask, message in (
        (np.zeros((10, 20), dtype=bool), "There is no hole to fill"),
        (np.ones((10, 20), dtype=bool), "covers the complete image"),
        (np.ones((20, 10), dtype=bool), "The mask has 10x20 pixels, but the image has 20x10"),
    ):
        with pytest.raises(UsageError, match=message):
            inpaint(make_model(), image, mask)


def test_a_generator_that_cannot_fill_holes_is_named() -> None:
    image = make_noise((20, 10))
    with pytest.raises(UsageError, match=r"The generator of a test \(TinyGenerator\) cannot fill holes"):
        inpaint(make_model(TinyGenerator), image, make_box_mask(image, (0, 0, 5, 5)))


def test_the_generated_image_covers_the_windows() -> None:
    image = Image.new("RGB", (100, 60), "black")
    model = make_model(ConstantGenerator, value=1.0)
    thin = inpaint(model, image, make_box_mask(image, (60, 20, 10, 10)))
    assert np.asarray(thin.generated_image).all(2).sum() == 32 * 32
    thick = inpaint(model, image, make_box_mask(image, (10, 10, 20, 20)))
    assert np.asarray(thick.generated_image).all(2).sum() == 40 * 40


def test_a_sheet_shows_before_hole_and_after() -> None:
    image = Image.new("RGB", (20, 10), "black")
    result = inpaint(make_model(ConstantGenerator, value=1.0), image, make_box_mask(image, (2, 2, 4, 4)))
    sheet = make_sheet(result)
    assert sheet.size == (20 * 3 + 16, 10)
    assert [sheet.getpixel((start + 3, 3)) for start in (0, 28, 56)] == [(0,) * 3, (128,) * 3, (255,) * 3]
    assert [sheet.getpixel((start + 15, 3)) for start in (0, 28, 56)] == [(0,) * 3] * 3
