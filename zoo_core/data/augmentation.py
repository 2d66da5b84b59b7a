"""Random shifts and horizontal flips of a complete batch, on the device of the images."""

import torch
from torch import Tensor

from zoo_core.interfaces.randomness import StepRandom


def shift_and_flip(images: Tensor, random: StepRandom, shift: int, flip: bool) -> Tensor:
    """Shifts every image by its own random offset, with reflected borders, and flips half of them.

    Args:
        images: (N, C, H, W).
        random: Decides offsets and flips.
        shift: Largest offset in pixels, in both directions and both axes; less than H and W.
        flip: Whether to flip half of the images horizontally.
    """
    count, _, height, width = images.shape
    rows = _reflect(torch.arange(height, device=images.device) + random.integers(-shift, shift, count, 1), height)
    columns = _reflect(torch.arange(width, device=images.device) + random.integers(-shift, shift, count, 1), width)
    if flip:
        flipped = random.integers(0, 1, count, 1).bool()
        columns = torch.where(flipped, width - 1 - columns, columns)
    index = torch.arange(count, device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _reflect(positions: Tensor, size: int) -> Tensor:
    """Reflects positions outside of 0 .. size - 1, without repeating the border."""
    return (size - 1) - ((size - 1) - positions.abs()).abs()
