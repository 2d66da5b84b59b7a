from typing import Any

import torch
from tiny_gan import TinyGenerator, TinyLoss
from torch import Tensor

from ccgan_plugin import RecAdvAux
from zoo_core import Generator, ImageSpec, Loss
from zoo_core.evaluation.sample_grid import draw_sample_grid, make_grid_images

UNKNOWN = torch.tensor([-1, -1])


class White(Generator):
    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.ones_like(images)


def shown(generator: Generator, loss: Loss[Any], images: Tensor) -> Tensor:
    made = make_grid_images(generator, loss, images, UNKNOWN)
    assert made is not None
    return draw_sample_grid(made)


def test_a_row_shows_masked_then_made_then_composite_then_true() -> None:
    black = torch.full((1, 1, 96, 96), -1.0)
    picture = shown(White(ImageSpec(1, 96, 96)), RecAdvAux(mask="centre"), black)
    assert picture.shape == (1, 98, 4 * 98)
    centres = [picture[0, 48, 98 * column + 48].item() for column in range(4)]
    corners = [picture[0, 3, 98 * column + 3].item() for column in range(4)]
    assert centres == [128, 255, 255, 0]
    assert corners == [0, 255, 0, 0]


def test_small_images_are_enlarged() -> None:
    picture = shown(White(ImageSpec(3, 32, 32)), RecAdvAux(), torch.zeros(2, 3, 32, 32))
    assert picture.shape == (3, 2 * 98, 4 * 98)


def test_a_sampler_shows_samples() -> None:
    picture = shown(TinyGenerator(ImageSpec(1, 8, 8)), TinyLoss(), torch.zeros(2, 1, 8, 8))
    assert picture.float().std() > 0


def test_a_generator_that_can_neither_shows_nothing() -> None:
    assert make_grid_images(Generator(ImageSpec(1, 8, 8)), TinyLoss(), torch.zeros(2, 1, 8, 8), UNKNOWN) is None
