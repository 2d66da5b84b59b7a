"""Many pictures with holes at once: the same as one by one, in few calls of the network, and few of them held."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from painters import MeanOfKept, model
from PIL import Image
from torch import Tensor

from zoo_core import Generator, ImageSpec, UsageError, load_model, make_box_mask
from zoo_core.inference.inpainting import inpaint, inpaint_all
from zoo_core.inference.masks import Mask, make_random_mask

SIZES = [(32, 32), (7, 13), (100, 30), (150, 200), (33, 64), (40, 1)]


class Counting(Generator):
    """Draws black; remembers how many images it was shown at once, and whether gradients were kept."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)
        self.shown: list[int] = []
        self.gradients = False

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        self.shown.append(len(images))
        self.gradients |= torch.is_grad_enabled()
        return torch.full_like(images, -1)


def noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def with_masks(count: int, size: tuple[int, int] = (32, 32)) -> Iterator[tuple[Image.Image, Mask]]:
    for number in range(count):
        picture = noise(size, number)
        yield picture, make_random_mask(picture, number)


@pytest.mark.parametrize("context", ["auto", "tiles", "resize", "whole"])
def test_together_they_become_what_each_becomes_alone(small_run: Path, context: str) -> None:
    pictures = [pair for size in SIZES for pair in with_masks(15, size)]
    trained = load_model(small_run)
    for user in (trained, model(MeanOfKept)):
        together = inpaint_all(user, pictures, context)  # type: ignore[arg-type]
        for filled, (picture, mask) in zip(together, pictures, strict=True):
            alone = inpaint(user, picture, mask, context)  # type: ignore[arg-type]
            assert filled.how == alone.how
            assert (np.asarray(filled.before) == np.asarray(picture)).all()
            difference = np.asarray(filled.picture).astype(int) - np.asarray(alone.picture)
            assert abs(difference).max() <= 1  # batches of other sizes are rounded otherwise
            assert not difference[~mask].any()
            assert (np.asarray(filled.picture)[~mask] == np.asarray(picture)[~mask]).all()


def test_windows_of_many_pictures_are_shown_to_the_network_at_once_without_gradients() -> None:
    user = model(Counting)
    filled = list(inpaint_all(user, with_masks(100)))
    assert isinstance(user.generator, Counting)
    assert user.generator.shown == [64, 36]
    assert not user.generator.gradients
    assert all((np.asarray(one.picture)[one.mask] == 0).all() for one in filled)


@pytest.mark.parametrize(("size", "held"), [((32, 32), 64), ((2048, 1024), 2), ((3000, 2000), 1)])
def test_no_more_pictures_are_taken_than_go_through_the_network_together(size: tuple[int, int], held: int) -> None:
    """64 windows, or 4 * 2^20 pixels."""
    taken: list[int] = []

    def pictures() -> Iterator[tuple[Image.Image, Mask]]:
        picture = Image.new("L", size)
        for number in range(200):
            taken.append(number)
            yield picture, make_box_mask(picture, (10, 10, 8, 8))

    filled = inpaint_all(model(MeanOfKept, channels=1), pictures())
    assert not taken
    next(filled)
    assert len(taken) == held


def test_a_picture_without_a_hole_is_refused_as_when_it_is_alone() -> None:
    nothing = np.zeros((32, 32), dtype=bool)
    with pytest.raises(UsageError, match="There is no hole to fill"):
        list(inpaint_all(model(), [*with_masks(2), (noise((32, 32)), nothing)]))
