"""DiffAugment (Zhao et al. 2020): differentiable random changes of the images that the critic sees."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import StepRandom

MAX_SHIFT = 0.125  # as a fraction of the image's size


def diff_augment(images: Tensor, random: StepRandom, *, translate: bool, colour: bool) -> Tensor:
    """Changes each of the images (N, C, H, W) at random.

    Args:
        images: (N, C, H, W) in [-1, 1].
        random: Decides the changes.
        translate: Whether to shift.
        colour: Whether to change brightness, saturation and contrast.
    """
    recoloured = jitter_colours(images, random) if colour else images
    return translate_randomly(recoloured, random) if translate else recoloured


def jitter_colours(images: Tensor, random: StepRandom) -> Tensor:
    """Changes brightness by up to 0.5, and multiplies saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = (random.uniform(len(images), 1, 1, 1) for _ in range(3))
    brighter = images + brightness - 0.5
    grey = brighter.mean(1, keepdim=True)
    saturated = grey + (brighter - grey) * 2 * saturation
    mean = saturated.mean((1, 2, 3), keepdim=True)
    return mean + (saturated - mean) * (contrast + 0.5)


def translate_randomly(images: Tensor, random: StepRandom) -> Tensor:
    """Shifts each image by up to an eighth of its size in both directions; borders are reflected."""
    count, _, height, width = images.shape
    down, across = (round(MAX_SHIFT * length) for length in (height, width))
    padded = F.pad(images, (across, across, down, down), mode="reflect")
    rows = torch.arange(height, device=images.device) + random.integers(0, 2 * down, count, 1)
    columns = torch.arange(width, device=images.device) + random.integers(0, 2 * across, count, 1)
    image = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[image, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
