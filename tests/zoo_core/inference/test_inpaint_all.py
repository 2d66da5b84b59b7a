"""Many images at once: the same results as one by one, in few calls of the network, with few images held."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from simple_generators import MeanGenerator, make_model
from torch import Tensor

from zoo_core import Generator, ImageSpec, UsageError, ZooError, load_model, make_box_mask
from zoo_core.inference.inpainting import InpaintingResult, fill_plans, inpaint, inpaint_all
from zoo_core.inference.masks import Mask, make_random_mask
from zoo_core.inference.plan import Plan

SIZES = [(32, 32), (7, 13), (100, 30), (150, 200), (33, 64), (40, 1)]


class RecordingGenerator(Generator):
    """Generates black images; records the batch sizes and whether gradients are enabled."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)
        self.batch_sizes: list[int] = []
        self.gradients = False

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        self.batch_sizes.append(len(images))
        self.gradients |= torch.is_grad_enabled()
        return torch.full_like(images, -1)


def make_noise(size: tuple[int, int], seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def make_images(count: int, size: tuple[int, int] = (32, 32)) -> Iterator[tuple[Image.Image, Mask]]:
    for number in range(count):
        image = make_noise(size, number)
        yield image, make_random_mask(image, number)


@pytest.mark.parametrize("context", ["auto", "tiles", "resize", "whole"])
def test_many_images_give_the_same_results_as_each_alone(small_run: Path, context: str) -> None:
    images = [pair for size in SIZES for pair in make_images(15, size)]
    for model in (load_model(small_run), make_model(MeanGenerator)):
        results = inpaint_all(model, images, context)  # type: ignore[arg-type]
        for result, (image, mask) in zip(results, images, strict=True):
            alone = inpaint(model, image, mask, context)  # type: ignore[arg-type]
            assert result.descriptions == alone.descriptions
            assert (np.asarray(result.original) == np.asarray(image)).all()
            difference = np.asarray(result.image).astype(int) - np.asarray(alone.image)
            assert abs(difference).max() <= 1  # rounding errors depend on the batch size
            assert not difference[~mask].any()
            assert (np.asarray(result.image)[~mask] == np.asarray(image)[~mask]).all()


def test_windows_of_many_images_form_batches_without_gradients() -> None:
    model = make_model(RecordingGenerator)
    results = list(inpaint_all(model, make_images(100)))
    assert isinstance(model.generator, RecordingGenerator)
    assert model.generator.batch_sizes == [64, 36]
    assert not model.generator.gradients
    assert all((np.asarray(result.image)[result.mask] == 0).all() for result in results)


@pytest.mark.parametrize(("size", "held"), [((32, 32), 64), ((2048, 1024), 2), ((3000, 2000), 1)])
def test_no_more_images_are_held_than_are_filled_together(size: tuple[int, int], held: int) -> None:
    """64 windows, or 4 * 2^20 pixels."""
    read: list[int] = []

    def read_images() -> Iterator[tuple[Image.Image, Mask]]:
        image = Image.new("L", size)
        for number in range(200):
            read.append(number)
            yield image, make_box_mask(image, (10, 10, 8, 8))

    results = inpaint_all(make_model(MeanGenerator, channels=1), read_images())
    assert not read
    next(results)
    assert len(read) == held


def test_an_image_without_a_hole_is_refused_as_when_it_is_alone() -> None:
    no_hole = np.zeros((32, 32), dtype=bool)
    with pytest.raises(UsageError, match="There is no hole to fill"):
        list(inpaint_all(make_model(), [*make_images(2), (make_noise((32, 32)), no_hole)]))


def test_an_error_in_place_of_a_plan_is_yielded_in_its_position() -> None:
    model = make_model(RecordingGenerator)
    plans: list[Plan | ZooError] = [Plan.make(image, mask, model.spec, "auto") for image, mask in make_images(130)]
    errors = {position: ZooError(str(position)) for position in (0, 63, 64, 65, 134)}
    for position, error in errors.items():
        plans.insert(position, error)
    results = list(fill_plans(model, plans))
    assert len(results) == 135
    assert {number: result for number, result in enumerate(results) if isinstance(result, ZooError)} == errors
    for plan, result in zip(plans, results, strict=True):
        assert isinstance(plan, ZooError) or (isinstance(result, InpaintingResult) and result.original is plan.image)
    assert isinstance(model.generator, RecordingGenerator)
    assert model.generator.batch_sizes == [64, 64, 2]
