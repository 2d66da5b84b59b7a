"""Evaluates a trained GAN on images that were not used for training, by everything that its networks can do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from zoo_core.data.pixels import to_float_images
from zoo_core.evaluation.classification import Temperature, measure_classification
from zoo_core.evaluation.inpainting import InpaintingMetrics
from zoo_core.interfaces.capabilities import Classifier, Inpainter, MaskSampler, SizedMaskSampler
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.randomness import StepRandom

BATCH_SIZE = 250
MASK_SEED = 0
MASK_SIZES = (0.25, 0.375, 0.5)  # of the table that `zoo evaluate` prints


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
    """Measures in-painting and classification on images, as far as the networks support them.

    All runs and models are evaluated with the same masks, which depend only on the loss's masks and the position of an
    image.

    Args:
        generator: Its in-painting is measured if it is an `Inpainter` and the loss is a `MaskSampler`.
        discriminator: Its predicted classes are measured if it is a `Classifier` and was built with classes.
        loss: Samples the masks.
        images: Images with true labels.
        device: Where the networks are.
        mask_sizes: Sides of masks, as fractions of the images' shorter side; in-painting is also measured for each of
            them if the loss is a `SizedMaskSampler`.
        temperature: Divides the class logits, see `measure_classification`.

    Returns:
        "images", the number of images, and the results of `measure_classification` and `InpaintingMetrics` as far as
        they can be measured. With `mask_sizes`, "hole_by_size" contains the in-painting metrics for each size.
    """
    device = torch.device(device)
    metrics = InpaintingMetrics(device)
    metrics_by_size = {size: InpaintingMetrics(device) for size in mask_sizes}
    logits = []
    with eval_mode(generator, discriminator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH_SIZE)):
            x = to_float_images(images.pixels.read(indices), device)
            if isinstance(generator, Inpainter) and isinstance(loss, MaskSampler):
                masks = loss.sample_masks(x, _make_mask_random(number, device))
                metrics.update(x, masks, generator.inpaint(x, masks))
            if isinstance(generator, Inpainter) and isinstance(loss, SizedMaskSampler):
                for size, metrics_of_size in metrics_by_size.items():
                    masks = loss.sample_sized_masks(x, size, _make_mask_random(number, device))
                    metrics_of_size.update(x, masks, generator.inpaint(x, masks))
            if discriminator.spec.classes and isinstance(discriminator, Classifier):
                logits.append(discriminator.classify(x).float().cpu())
    result: dict[str, Any] = {"images": len(images)}
    if logits:
        result |= measure_classification(torch.cat(logits), images.labels, temperature)
    by_size = {str(size): values for size, part in metrics_by_size.items() if (values := part.compute())}
    return result | metrics.compute() | ({"hole_by_size": by_size} if by_size else {})


def _make_mask_random(number: int, device: torch.device) -> StepRandom:
    """The random numbers for the masks of a batch; the same for every run and model."""
    return StepRandom(MASK_SEED, number, "evaluation holes", device)


@contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Puts networks into evaluation mode, then back into their modes."""
    modes = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, mode in zip(networks, modes, strict=True):
            network.train(mode)
