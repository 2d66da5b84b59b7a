"""Random shifts and mirroring, for a whole batch at once, on the device the images are on."""

import torch
from torch import Tensor

from zoo_core.interfaces.randomness import StepRandom


def shift_and_flip(images: Tensor, random: StepRandom, shift: int, mirror: bool) -> Tensor:
    """Shifts every image by its own random offset, borders reflected, and mirrors half of them.

    Args:
        images: (N, C, H, W).
        random: Decides offsets and mirroring.
        shift: Largest offset in pixels, in both directions and both axes; less than H and W.
        mirror: Whether to mirror.
    """
    count, _, height, width = images.shape
    rows = _reflected(torch.arange(height, device=images.device) + random.integers(-shift, shift, count, 1), height)
    columns = _reflected(torch.arange(width, device=images.device) + random.integers(-shift, shift, count, 1), width)
    if mirror:
        flipped = random.integers(0, 1, count, 1).bool()
        columns = torch.where(flipped, width - 1 - columns, columns)
    picture = torch.arange(count, device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _reflected(positions: Tensor, size: int) -> Tensor:
    """Positions outside of 0 .. size - 1 thrown back inside, without repeating the border."""
    return (size - 1) - ((size - 1) - positions.abs()).abs()
