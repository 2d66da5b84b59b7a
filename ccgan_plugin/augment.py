"""DiffAugment (Zhao et al. 2020): differentiable random augmentation of the images that the critic sees."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import StepRandom

MAX_SHIFT = 0.125  # as a fraction of the image's size


def diff_augment(images: Tensor, random: StepRandom, *, translate: bool, colour: bool) -> Tensor:
    """Augments each of the images (N, C, H, W) in [-1, 1] separately."""
    augmented = jitter_colours(images, random) if colour else images
    return translate_randomly(augmented, random) if translate else augmented


def jitter_colours(images: Tensor, random: StepRandom) -> Tensor:
    """Adds up to 0.5 to the brightness, and multiplies the saturation by 0 to 2 and the contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = (random.uniform(len(images), 1, 1, 1) for _ in range(3))
    brighter = images + brightness - 0.5
    grey = brighter.mean(1, keepdim=True)
    saturated = grey + (brighter - grey) * 2 * saturation
    mean = saturated.mean((1, 2, 3), keepdim=True)
    return mean + (saturated - mean) * (contrast + 0.5)


def translate_randomly(images: Tensor, random: StepRandom) -> Tensor:
    """Shifts each image by up to an eighth of its size along both axes; borders are reflected."""
    count, _, height, width = images.shape
    max_y, max_x = (round(MAX_SHIFT * length) for length in (height, width))
    padded = F.pad(images, (max_x, max_x, max_y, max_y), mode="reflect")
    rows = torch.arange(height, device=images.device) + random.integers(0, 2 * max_y, count, 1)
    columns = torch.arange(width, device=images.device) + random.integers(0, 2 * max_x, count, 1)
    numbers = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[numbers, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
