from typing import get_args

import pytest
import torch
from torch import Tensor

from ccgan_plugin.masks import MASK_FUNCTIONS, MaskShape
from zoo_core import StepRandom

MANY = 4000


def draw(
    kind: MaskShape, size: float = 0.5, count: int = MANY, height: int = 16, width: int = 16, seed: int = 0
) -> Tensor:
    images = torch.zeros(count, 3, height, width)
    return MASK_FUNCTIONS[kind](images, size, StepRandom(seed, 0, "masks"))


def test_every_mask_shape_has_a_function() -> None:
    assert set(MASK_FUNCTIONS) == set(get_args(MaskShape))


@pytest.mark.parametrize("kind", MASK_FUNCTIONS)
def test_masks_are_zeros_and_ones_with_one_channel_and_never_empty(kind: MaskShape) -> None:
    masks = draw(kind, count=300)
    assert masks.shape == (300, 1, 16, 16)
    assert masks.dtype == torch.float32
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    assert (masks.sum((1, 2, 3)) > 0).all()


@pytest.mark.parametrize("kind", ["square", "rectangle", "patches", "strokes"])
def test_every_row_and_column_can_be_missing(kind: MaskShape) -> None:
    assert draw(kind).amax((0, 1)).all()


@pytest.mark.parametrize("kind", ["square", "rectangle", "patches", "strokes"])
def test_each_image_of_a_batch_gets_its_own_mask(kind: MaskShape) -> None:
    assert len(draw(kind, count=50).flatten(1).unique(dim=0)) > 10


def test_a_square_has_half_the_side_at_every_position() -> None:
    masks = draw("square")
    assert (masks.sum((1, 2, 3)) == 64).all()
    assert (masks.amax(3).sum((1, 2)) == 8).all()


def test_squares_are_uniformly_placed() -> None:
    """Of 9 possible tops, each comes up in a ninth of the draws: chi-squared with 8 degrees of freedom."""
    tops = draw("square").amax(3).squeeze(1).argmax(1)
    counts = torch.bincount(tops, minlength=9).float()
    assert len(counts) == 9
    assert ((counts - MANY / 9) ** 2 / (MANY / 9)).sum() < 26.1  # exceeded by chance once in a thousand


def test_a_square_may_cover_the_complete_image() -> None:
    assert draw("square", size=1.0, count=5).all()


def test_a_rectangle_has_sides_between_half_and_all_of_the_size() -> None:
    masks = draw("rectangle")
    for sides in (masks.amax(3).sum((1, 2)), masks.amax(2).sum((1, 2))):
        assert set(sides.int().tolist()) == {4, 5, 6, 7, 8}


def test_patches_cover_at_most_a_square_of_the_size() -> None:
    area = draw("patches").sum((1, 2, 3))
    assert area.max() == 64
    assert area.min() < 64


def test_the_centre_is_in_the_middle() -> None:
    expected = torch.zeros(16, 16)
    expected[4:12, 4:12] = 1
    assert torch.equal(draw("centre", count=3), expected.expand(3, 1, 16, 16))


def test_images_need_not_be_square() -> None:
    for kind in MASK_FUNCTIONS:
        assert draw(kind, count=4, height=8, width=24).shape == (4, 1, 8, 24)


@pytest.mark.parametrize("kind", ["square", "strokes"])
def test_the_same_step_draws_the_same_masks(kind: MaskShape) -> None:
    assert torch.equal(draw(kind, count=5), draw(kind, count=5))
    assert not torch.equal(draw(kind, count=5), draw(kind, count=5, seed=1))
