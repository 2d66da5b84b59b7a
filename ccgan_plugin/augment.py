"""DiffAugment (Zhao et al. 2020): random changes that gradients pass through, shown to the critic only."""

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core import StepRandom

SHIFT = 0.125  # of the image's size


def colour(images: Tensor, random: StepRandom) -> Tensor:
    """Changes brightness by up to 0.5, saturation to 0 .. 2 times and contrast to 0.5 .. 1.5 times, image by image."""
    shape = (len(images), 1, 1, 1)
    brighter = images + random.uniform(*shape) - 0.5
    grey = brighter.mean(1, keepdim=True)
    saturated = grey + (brighter - grey) * random.uniform(*shape) * 2
    middle = saturated.mean((1, 2, 3), keepdim=True)
    return middle + (saturated - middle) * (random.uniform(*shape) + 0.5)


def translation(images: Tensor, random: StepRandom) -> Tensor:
    """Shifts each image by up to an eighth of its size in both directions; what comes in from outside is 0."""
    count, _, height, width = images.shape
    reach = [round(SHIFT * length) for length in (height, width)]
    padded = F.pad(images, (reach[1], reach[1], reach[0], reach[0]))
    rows, columns = (
        torch.arange(length, device=images.device) + random.integers(0, 2 * most, count, 1)
        for length, most in zip((height, width), reach, strict=True)
    )
    picture = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
