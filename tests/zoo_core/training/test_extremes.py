"""The worst and the best in-paintings, against a formula by hand and another library."""

from dataclasses import replace
from math import log10

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from tiny_gan import images
from torch import Tensor

from zoo_core import Generator, ImageSpec, Loss, StepRandom
from zoo_core.data.pixels import TensorPixels
from zoo_core.training.final_evaluation import RankedInpaintings, masked_psnr, rank_inpaintings


class Black(Generator):
    """Fills every hole with black, so that the brightest image fares worst."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.full_like(images, -1.0)


class LeftHalf(Loss[None]):
    """Holes are the left half; none in an image that is white all over."""

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        masks = torch.zeros_like(images[:, :1])
        masks[..., : images.shape[-1] // 2] = 1
        return masks * (images.amin((1, 2, 3), keepdim=True) < 1)


def found(levels: list[int], count: int = 6) -> dict[str, RankedInpaintings]:
    """Extremes of plain images, each of one level of grey."""
    pixels = torch.tensor(levels, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 8, 8)
    some = replace(images(len(levels)), pixels=TensorPixels(pixels))
    return rank_inpaintings(Black(ImageSpec(1, 8, 8)), LeftHalf(), some, torch.device("cpu"), count)


def test_psnr_inside_a_hole_is_what_one_works_out_by_hand() -> None:
    """Off by 0.2 of a range of 2 in the hole: 20 log10(2 / 0.2) = 20 dB, whatever is outside."""
    x, masks = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    masks[..., :2] = 1
    filled = torch.where(masks.bool(), 0.2, 0.9).expand_as(x)
    assert masked_psnr(x, masks, filled).tolist() == pytest.approx([20.0])


def test_psnr_of_a_hole_over_everything_is_what_another_library_says() -> None:
    x, filled = torch.rand(2, 3, 5, 3, 8, generator=torch.Generator().manual_seed(0)).mul(2).sub(1).unbind()
    expected = [peak_signal_noise_ratio(a.numpy(), b.numpy(), data_range=2) for a, b in zip(x, filled, strict=True)]
    assert masked_psnr(x, torch.ones(3, 1, 3, 8), filled).tolist() == pytest.approx(expected, rel=1e-5)


def test_the_worst_and_the_best_are_found_among_all_batches() -> None:
    levels = [100] * 300
    levels[7], levels[290], levels[260], levels[40] = 200, 250, 10, 20
    extremes = found(levels, count=2)
    assert extremes["worst"].indices.tolist() == [290, 7]
    assert extremes["best"].indices.tolist() == [260, 40]
    assert extremes["worst"].psnr.tolist() == pytest.approx([20 * log10(255 / n) for n in (250, 200)])


def test_rows_show_the_hole_what_was_drawn_the_result_and_the_truth() -> None:
    mask, drawn, result, truth = found([100])["worst"].rows[0]
    assert mask[0, 0].tolist() == pytest.approx([0] * 4 + [100 / 127.5 - 1] * 4)
    assert (drawn == -1).all()
    assert result[0, 0].tolist() == pytest.approx([-1] * 4 + [100 / 127.5 - 1] * 4)
    assert truth[0, 0].tolist() == pytest.approx([100 / 127.5 - 1] * 8)


def test_an_image_without_a_hole_is_neither_and_one_that_is_right_is_best() -> None:
    extremes = found([255, 0, 100])
    assert extremes["best"].indices.tolist() == [1, 2]
    assert extremes["best"].psnr[0] == float("inf")
    assert extremes["worst"].indices.tolist() == [2, 1]
