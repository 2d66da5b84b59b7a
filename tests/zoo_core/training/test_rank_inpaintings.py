"""The worst and the best in-paintings, checked by hand."""

from dataclasses import replace
from math import log10

import pytest
import torch
from tiny_gan import make_dataset
from torch import Tensor

from zoo_core import Fake, Generator, ImageSpec, Loss, StepRandom
from zoo_core.data.pixels import TensorPixels
from zoo_core.training.final_evaluation import RankedInpainting, rank_inpaintings


class Black(Generator):
    """Fills every hole with black, so that the brightest image is the worst."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.full_like(images, -1.0)


class LeftHalf(Loss[Fake]):
    """Masks the left half; nothing in an image that is completely white."""

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        masks = torch.zeros_like(images[:, :1])
        masks[..., : images.shape[-1] // 2] = 1
        return masks * (images.amin((1, 2, 3), keepdim=True) < 1)


def rank(levels: list[int], count: int = 6) -> dict[str, list[RankedInpainting]]:
    """Ranks plain images, each with one grey level."""
    pixels = torch.tensor(levels, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8)
    dataset = replace(make_dataset(len(levels)), pixels=TensorPixels(pixels))
    return rank_inpaintings(Black(ImageSpec(1, 8, 8)), LeftHalf(), dataset, torch.device("cpu"), count)


def test_the_worst_and_best_of_all_batches_are_found() -> None:
    levels = [100] * 300
    levels[7], levels[290], levels[260], levels[40] = 200, 250, 10, 20
    extremes = rank(levels, count=2)
    assert [worst.index for worst in extremes["worst"]] == [290, 7]
    assert [best.index for best in extremes["best"]] == [260, 40]
    assert [worst.psnr for worst in extremes["worst"]] == pytest.approx([20 * log10(255 / n) for n in (250, 200)])


def test_a_row_shows_masked_generated_composite_and_true_image() -> None:
    masked, generated, result, true = rank([100])["worst"][0].row
    assert masked[0, 0].tolist() == pytest.approx([0] * 4 + [100 / 127.5 - 1] * 4)
    assert (generated == -1).all()
    assert result[0, 0].tolist() == pytest.approx([-1] * 4 + [100 / 127.5 - 1] * 4)
    assert true[0, 0].tolist() == pytest.approx([100 / 127.5 - 1] * 8)


def test_a_perfect_image_is_the_best_and_one_without_a_hole_is_not_ranked() -> None:
    extremes = rank([255, 0, 100])
    assert [best.index for best in extremes["best"]] == [1, 2]
    assert extremes["best"][0].psnr == float("inf")
    assert [worst.index for worst in extremes["worst"]] == [2, 1]
