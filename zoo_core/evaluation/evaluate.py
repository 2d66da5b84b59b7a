"""Measures a trained GAN on images it has not learnt from: what it can do is what is measured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from zoo_core.data.pixels import to_float_images
from zoo_core.evaluation.classification import Temperature, measure_classification
from zoo_core.evaluation.inpainting import InpaintingMetrics
from zoo_core.interfaces.capabilities import Classifier, Inpainter, MaskSampler, SizedMaskSampler
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.randomness import StepRandom

BATCH = 250
MASK_SEED = 0
MASK_SIZES = (0.25, 0.375, 0.5)  # of zoo evaluate's table


@torch.no_grad()
def evaluate(
    generator: Generator,
    discriminator: Discriminator,
    loss: Loss[Any],
    images: ImageDataset,
    device: torch.device | str = "cpu",
    mask_sizes: Sequence[float] = (),
    temperature: Temperature = 1.0,
) -> dict[str, Any]:
    """Measures whatever the components are able to do.

    Holes are the same for every run and every model: they depend on the loss's hole maker and the position alone.

    Args:
        generator: Its in-painting is measured, if it is an `Inpainter` and the loss a `MaskSampler`.
        discriminator: Its classes are measured, if it is a `Classifier` built with classes.
        loss: Says where holes are.
        images: Images with true labels.
        device: Where the networks are.
        mask_sizes: Sides of holes, as shares of the images' shorter side, measured apart if the loss can make them.
        temperature: What class logits are divided by, see `measure_classification`.

    Returns:
        "images", and those that can be measured of what `measure_classification` and `InpaintingMetrics` return; with `mask_sizes`
        also "hole_by_size", which holds the latter for each size.
    """
    device = torch.device(device)
    own, sized = InpaintingMetrics(device), {size: InpaintingMetrics(device) for size in mask_sizes}
    logits = []
    with eval_mode(generator, discriminator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH)):
            x = to_float_images(images.pixels.read(indices), device)
            if isinstance(generator, Inpainter) and isinstance(loss, MaskSampler):
                masks = loss.sample_masks(x, _same_for_all(number, device))
                own.update(x, masks, generator.inpaint(x, masks))
                for size, masks in _sample_sized_masks(loss, mask_sizes, x, number):
                    sized[size].update(x, masks, generator.inpaint(x, masks))
            if discriminator.spec.classes and isinstance(discriminator, Classifier):
                logits.append(discriminator.classify(x).float().cpu())
    result: dict[str, Any] = {"images": len(images)}
    if logits:
        result |= measure_classification(torch.cat(logits), images.labels, temperature)
    by_size = {str(size): measures.result() for size, measures in sized.items() if measures.values}
    return result | own.result() | ({"hole_by_size": by_size} if by_size else {})


def _sample_sized_masks(loss: object, sizes: Sequence[float], x: Tensor, number: int) -> Iterator[tuple[float, Tensor]]:
    if isinstance(loss, SizedMaskSampler):
        for size in sizes:
            yield size, loss.sample_sized_masks(x, size, _same_for_all(number, x.device))


def _same_for_all(number: int, device: torch.device) -> StepRandom:
    """What decides the holes of a batch of evaluation, for every run and model."""
    return StepRandom(MASK_SEED, number, "evaluation holes", device)


@contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Puts networks into evaluation mode, and back."""
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)
