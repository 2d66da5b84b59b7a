"""Cuts windows out of pictures, and says where they go back in."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core.use.windows import Window


def seen(x: Tensor, holes: Tensor, window: Window, size: int) -> tuple[Tensor, Tensor]:
    """A window as the network takes it: (C, S, S) and holes (1, S, S). Nothing of a hole's content is in it.

    Where it is made smaller, pixels are means, and a single missing one makes a hole.
    """
    rows, columns = (
        _reflected(torch.arange(start, start + window.side), length)
        for start, length in ((window.top, x.shape[1]), (window.left, x.shape[2]))
    )
    part, missing = (image[:, rows][:, :, columns] for image in (x, holes))
    if window.side == size:
        return part * (1 - missing), missing
    small = F.adaptive_max_pool2d(missing, size)
    return F.adaptive_avg_pool2d(part, size) * (1 - small), small


def _reflected(positions: Tensor, length: int) -> Tensor:
    """Positions beyond the borders thrown back inside, as often as it takes."""
    if length == 1:
        return torch.zeros_like(positions)
    turned = positions.remainder(2 * (length - 1))
    return torch.minimum(turned, 2 * (length - 1) - turned)


def overlap(window: Window, x: Tensor) -> tuple[slice, slice]:
    """The rows and columns of the picture that lie in a window."""
    top, left = max(window.top, 0), max(window.left, 0)
    return (
        slice(top, min(window.top + window.side, x.shape[1])),
        slice(left, min(window.left + window.side, x.shape[2])),
    )


def around(boxes: Sequence[tuple[slice, slice]]) -> tuple[slice, slice]:
    """The smallest rows and columns that hold all of these."""
    rows, columns = (
        slice(min(part.start for part in side), max(part.stop for part in side)) for side in zip(*boxes, strict=True)
    )
    return rows, columns


def inner(window: Window, x: Tensor) -> tuple[slice, slice]:
    """The rows and columns of a window that lie in the picture."""
    rows, columns = overlap(window, x)
    return (
        slice(rows.start - window.top, rows.stop - window.top),
        slice(columns.start - window.left, columns.stop - window.left),
    )


@cache
def pyramid(size: int) -> Tensor:
    """Weights (1, S, S), largest in the middle and above 0 everywhere."""
    ramp = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).float() / size
    return (ramp[:, None] * ramp[None])[None]
