"""Square parts of a picture of any size, as networks of one size can take them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Literal

import numpy as np
import torch
from scipy.ndimage import distance_transform_cdt, find_objects, label
from torch import Tensor
from torch.nn import functional as F

from zoo_core.inference.masks import Mask

Context = Literal["auto", "tiles", "resize", "whole"]
AROUND = np.ones((3, 3), dtype=np.bool_)  # neighbours touch at corners too


@dataclass(frozen=True)
class Region:
    """Holes that are filled together: they lie close to each other.

    Attributes:
        mask: bool (height, width) of the box around it.
        top: Of the box in the picture, in pixels.
        left: Of the box in the picture, in pixels.
    """

    mask: Mask
    top: int
    left: int

    @property
    def height(self) -> int:
        """Of the box, in pixels."""
        return int(self.mask.shape[0])

    @property
    def width(self) -> int:
        """Of the box, in pixels."""
        return int(self.mask.shape[1])

    @property
    def box(self) -> tuple[slice, slice]:
        """Rows and columns of the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def thickness(self) -> int:
        """How far apart its opposite edges are where it is thickest, in pixels."""
        return 2 * int(distance_transform_cdt(np.pad(self.mask, 1), metric="chessboard").max()) - 1


@dataclass(frozen=True)
class Window:
    """A square of a picture, which may reach beyond its borders."""

    top: int
    left: int
    side: int


def find_regions(mask: Mask, near: int) -> Iterator[Region]:
    """Yields the parts of a hole that are more than twice `near` pixels apart."""
    ((rows, columns),) = find_objects(mask.astype(np.uint8))  # far from this box there is nothing to look at
    if mask[rows, columns].all():
        yield Region(mask[rows, columns], rows.start, columns.start)
        return
    top, left = max(rows.start - near, 0), max(columns.start - near, 0)
    part = mask[top : rows.stop + near, left : columns.stop + near]
    grown = distance_transform_cdt(~part, metric="chessboard") <= near
    own = np.where(part, label(grown, AROUND)[0], 0)
    for number, (down, across) in enumerate(find_objects(own), 1):
        yield Region(own[down, across] == number, top + down.start, left + across.start)


def suits_tiles(region: Region, size: int) -> bool:
    """Whether windows of `size` pixels see enough around the holes in them: no hole is thicker than half of one."""
    return min(region.height, region.width) <= size // 2 or region.thickness <= size // 2


def make_tiles(region: Region, size: int) -> list[Window]:
    """Windows of `size` pixels that cover a region, each overlapping the next by half or more."""
    return [
        Window(top, left, size)
        for top in _starts(region.top, region.height, size)
        for left in _starts(region.left, region.width, size)
        if _shifted(region.mask, top - region.top, left - region.left, size).any()
    ]


def make_context_window(region: Region, size: int) -> Window:
    """One window around a region, twice as wide as it and no smaller than `size`: as much context as in training."""
    side = max(size, 2 * max(region.height, region.width))
    return Window(region.top + (region.height - side) // 2, region.left + (region.width - side) // 2, side)


def make_whole_window(height: int, width: int) -> Window:
    """The smallest window that holds a whole picture of this size, with the picture in its middle."""
    side = max(height, width)
    return Window((height - side) // 2, (width - side) // 2, side)


def _shifted(mask: Mask, top: int, left: int, size: int) -> Mask:
    """The part of a box that a window shows which begins there, maybe before the box."""
    return mask[max(top, 0) : top + size, max(left, 0) : left + size]


def _starts(first: int, length: int, size: int) -> list[int]:
    """Where windows of `size` begin that cover `length` pixels from `first` on, and a quarter of a window around."""
    count = max(1, ceil((length - size // 2) / (size // 2)) + 1)
    begin, end = first - size // 4, first + length + size // 4 - size
    if count == 1:
        return [(begin + end) // 2]
    return [round(begin + number * (end - begin) / (count - 1)) for number in range(count)]


def extract_view(x: Tensor, masks: Tensor, window: Window, size: int) -> tuple[Tensor, Tensor]:
    """A window as the network takes it: (C, S, S) and holes (1, S, S). Nothing of a hole's content is in it.

    Where it is made smaller, pixels are means, and a single missing one makes a hole.
    """
    rows, columns = (
        _reflected(torch.arange(start, start + window.side), length)
        for start, length in ((window.top, x.shape[1]), (window.left, x.shape[2]))
    )
    part, missing = (image[:, rows][:, :, columns] for image in (x, masks))
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


def clip_to_image(window: Window, x: Tensor) -> tuple[slice, slice]:
    """The rows and columns of the picture that lie in a window."""
    top, left = max(window.top, 0), max(window.left, 0)
    return (
        slice(top, min(window.top + window.side, x.shape[1])),
        slice(left, min(window.left + window.side, x.shape[2])),
    )


def bounding_slices(boxes: Sequence[tuple[slice, slice]]) -> tuple[slice, slice]:
    """The smallest rows and columns that hold all of these."""
    rows, columns = (
        slice(min(part.start for part in side), max(part.stop for part in side)) for side in zip(*boxes, strict=True)
    )
    return rows, columns


def clip_to_window(window: Window, x: Tensor) -> tuple[slice, slice]:
    """The rows and columns of a window that lie in the picture."""
    rows, columns = clip_to_image(window, x)
    return (
        slice(rows.start - window.top, rows.stop - window.top),
        slice(columns.start - window.left, columns.stop - window.left),
    )


@cache
def make_pyramid_weights(size: int) -> Tensor:
    """Weights (1, S, S), largest in the middle and above 0 everywhere."""
    ramp = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).float() / size
    return (ramp[:, None] * ramp[None])[None]
