from typing import Any

import torch
from tiny_gan import TinyGenerator, TinyLoss
from torch import Tensor

from ccgan_plugin import RecAdvAux
from zoo_core import Generator, ImageSpec, Loss
from zoo_core.evaluation.sample_grid import make_grid_images, tile_images

UNLABELLED = torch.tensor([-1, -1])


class White(Generator):
    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.ones_like(images)


def draw(generator: Generator, loss: Loss[Any], images: Tensor) -> Tensor:
    columns, _ = make_grid_images(generator, loss, images, UNLABELLED)
    return tile_images(columns)


def test_a_row_shows_masked_generated_composite_and_true_image() -> None:
    black = torch.full((1, 1, 96, 96), -1.0)
    grid = draw(White(ImageSpec(1, 96, 96)), RecAdvAux(mask="centre"), black)
    assert grid.shape == (1, 98, 4 * 98)
    centres = [grid[0, 48, 98 * column + 48].item() for column in range(4)]
    corners = [grid[0, 3, 98 * column + 3].item() for column in range(4)]
    assert centres == [128, 255, 255, 0]
    assert corners == [0, 255, 0, 0]


def test_small_images_are_enlarged() -> None:
    grid = draw(White(ImageSpec(3, 32, 32)), RecAdvAux(), torch.zeros(2, 3, 32, 32))
    assert grid.shape == (3, 2 * 98, 4 * 98)


def test_the_grid_of_a_sampler_shows_samples() -> None:
    grid = draw(TinyGenerator(ImageSpec(1, 8, 8)), TinyLoss(), torch.zeros(2, 1, 8, 8))
    assert grid.float().std() > 0


def test_a_generator_without_a_capability_has_no_grid() -> None:
    empty = make_grid_images(Generator(ImageSpec(1, 8, 8)), TinyLoss(), torch.zeros(2, 1, 8, 8), UNLABELLED)
    assert empty == ([], None)
