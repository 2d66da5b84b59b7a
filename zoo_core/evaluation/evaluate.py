"""Measures a trained GAN on images it has not learnt from: what it can do is what is measured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from zoo_core.evaluation.classification import Temperature, class_measures
from zoo_core.evaluation.inpainting import HoleMeasures
from zoo_core.interfaces.capabilities import Classifier, HoleMaker, Inpainter, SizedHoleMaker
from zoo_core.interfaces.dataset import ImageSet
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.training.device import sent

BATCH = 250
HOLE_SEED = 0
HOLE_SIZES = (0.25, 0.375, 0.5)  # of zoo evaluate's table


def as_floats(pixels: Tensor, device: torch.device) -> Tensor:
    """uint8 (n, C, H, W) as float32 in [-1, 1] on a device, channels last."""
    return sent(pixels, device).float().div(127.5).sub(1).to(memory_format=torch.channels_last)


@torch.no_grad()
def evaluate(
    generator: Generator,
    discriminator: Discriminator,
    loss: Loss[Any],
    images: ImageSet,
    device: torch.device | str = "cpu",
    hole_sizes: Sequence[float] = (),
    temperature: Temperature = 1.0,
) -> dict[str, Any]:
    """Measures whatever the components are able to do.

    Holes are the same for every run and every model: they depend on the loss's hole maker and the position alone.

    Args:
        generator: Its in-painting is measured, if it is an `Inpainter` and the loss a `HoleMaker`.
        discriminator: Its classes are measured, if it is a `Classifier` built with classes.
        loss: Says where holes are.
        images: Images with true labels.
        device: Where the networks are.
        hole_sizes: Sides of holes, as shares of the images' shorter side, measured apart if the loss can make them.
        temperature: What class logits are divided by, see `class_measures`.

    Returns:
        "images", and those that can be measured of what `class_measures` and `HoleMeasures` return; with `hole_sizes`
        also "hole_by_size", which holds the latter for each size.
    """
    device = torch.device(device)
    own, sized = HoleMeasures(device), {size: HoleMeasures(device) for size in hole_sizes}
    logits = []
    with evaluating(generator, discriminator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH)):
            x = as_floats(images.pixels.read(indices), device)
            if isinstance(generator, Inpainter) and isinstance(loss, HoleMaker):
                holes = loss.make_holes(x, _same_for_all(number, device))
                own.update(x, holes, generator.inpaint(x, holes))
                for size, holes in _sized_holes(loss, hole_sizes, x, number):
                    sized[size].update(x, holes, generator.inpaint(x, holes))
            if discriminator.spec.classes and isinstance(discriminator, Classifier):
                logits.append(discriminator.classify(x).float().cpu())
    result: dict[str, Any] = {"images": len(images)}
    if logits:
        result |= class_measures(torch.cat(logits), images.labels, temperature)
    by_size = {str(size): measures.result() for size, measures in sized.items() if measures.values}
    return result | own.result() | ({"hole_by_size": by_size} if by_size else {})


def _sized_holes(loss: object, sizes: Sequence[float], x: Tensor, number: int) -> Iterator[tuple[float, Tensor]]:
    if isinstance(loss, SizedHoleMaker):
        for size in sizes:
            yield size, loss.make_sized_holes(x, size, _same_for_all(number, x.device))


def _same_for_all(number: int, device: torch.device) -> StepRandom:
    """What decides the holes of a batch of evaluation, for every run and model."""
    return StepRandom(HOLE_SEED, number, "evaluation holes", device)


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """Puts networks into evaluation mode, and back."""
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)
