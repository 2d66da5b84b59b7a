"""DiffAugment (Zhao et al. 2020): random changes that gradients pass through, made to what the critic is shown."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import StepRandom

REACH = 0.125  # of a shift, as a share of the image's size


def diff_augment(images: Tensor, random: StepRandom, *, translate: bool, colour: bool) -> Tensor:
    """Images (N, C, H, W), each changed in its own way."""
    recoloured = jitter_colours(images, random) if colour else images
    return translate_randomly(recoloured, random) if translate else recoloured


def jitter_colours(images: Tensor, random: StepRandom) -> Tensor:
    """Brightness changed by up to 0.5, saturation 0 to 2 times and contrast 0.5 to 1.5 times what it was."""
    brightness, saturation, contrast = (random.uniform(len(images), 1, 1, 1) for _ in range(3))
    brighter = images + brightness - 0.5
    grey = brighter.mean(1, keepdim=True)
    saturated = grey + (brighter - grey) * 2 * saturation
    middle = saturated.mean((1, 2, 3), keepdim=True)
    return middle + (saturated - middle) * (contrast + 0.5)


def translate_randomly(images: Tensor, random: StepRandom) -> Tensor:
    """Each image shifted by up to an eighth in both directions, borders reflected."""
    count, _, height, width = images.shape
    down, across = (round(REACH * length) for length in (height, width))
    padded = F.pad(images, (across, across, down, down), mode="reflect")
    rows = torch.arange(height, device=images.device) + random.integers(0, 2 * down, count, 1)
    columns = torch.arange(width, device=images.device) + random.integers(0, 2 * across, count, 1)
    picture = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
