"""Square windows of an image of any size, as the input of a network with a fixed image size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from scipy.ndimage import distance_transform_cdt, find_objects, label
from torch import Tensor
from torch.nn import functional as F

from zoo_core.inference.masks import Mask

Slices = tuple[slice, slice]  # rows and columns
EIGHT_CONNECTED = np.ones((3, 3), dtype=np.bool_)  # pixels that touch at a corner are neighbours too


@dataclass(frozen=True)
class Region:
    """Holes that are close to each other and filled together.

    Attributes:
        mask: bool (height, width) of the bounding box, true where pixels are missing.
        top: First row of the bounding box in the image.
        left: First column of the bounding box in the image.
    """

    mask: Mask
    top: int
    left: int

    @property
    def height(self) -> int:
        """Height of the bounding box in pixels."""
        return int(self.mask.shape[0])

    @property
    def width(self) -> int:
        """Width of the bounding box in pixels."""
        return int(self.mask.shape[1])

    @property
    def box(self) -> Slices:
        """The bounding box in the image."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def thickness(self) -> int:
        """Distance between opposite edges of the holes where they are thickest, in pixels."""
        return 2 * int(distance_transform_cdt(np.pad(self.mask, 1), metric="chessboard").max()) - 1

    def __str__(self) -> str:
        return f"a hole of {self.width}x{self.height} pixels at {self.left},{self.top}"


@dataclass(frozen=True)
class Window:
    """A square of an image, which may extend beyond its borders: first row, first column, and side in pixels."""

    top: int
    left: int
    side: int

    @property
    def box(self) -> Slices:
        """The window in coordinates of the image, which may be negative."""
        return slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)

    def clip(self, height: int, width: int) -> Slices:
        """The part of the window that is inside an image of this size, in coordinates of the image."""
        rows, columns = self.box
        return slice(max(rows.start, 0), min(rows.stop, height)), slice(max(columns.start, 0), min(columns.stop, width))


def find_regions(mask: Mask, near: int) -> Iterator[Region]:
    """Splits the holes of an image into regions that are more than twice `near` pixels apart."""
    ((rows, columns),) = find_objects(mask.astype(np.uint8))  # the bounding box, as the rest of the image has no hole
    if mask[rows, columns].all():
        yield Region(mask[rows, columns], rows.start, columns.start)
        return
    top, left = max(rows.start - near, 0), max(columns.start - near, 0)
    part = mask[top : rows.stop + near, left : columns.stop + near]
    dilated = distance_transform_cdt(~part, metric="chessboard") <= near
    labels = np.where(part, label(dilated, EIGHT_CONNECTED)[0], 0)
    for number, (down, across) in enumerate(find_objects(labels), 1):
        yield Region(labels[down, across] == number, top + down.start, left + across.start)


def suits_tiles(region: Region, size: int) -> bool:
    """Whether tiles of `size` pixels show enough around the holes: no hole is thicker than half a tile."""
    return min(region.height, region.width) <= size // 2 or region.thickness <= size // 2


def make_tiles(region: Region, size: int) -> list[Window]:
    """Windows of `size` pixels that cover a region; neighbours overlap by half or more."""
    return [
        Window(top, left, size)
        for top in _compute_starts(region.top, region.height, size)
        for left in _compute_starts(region.left, region.width, size)
        if _crop(region.mask, top - region.top, left - region.left, size).any()
    ]


def make_context_window(region: Region, size: int) -> Window:
    """A window twice as wide as a region, but at least `size` pixels: as much context as in training."""
    side = max(size, 2 * max(region.height, region.width))
    return Window(region.top + (region.height - side) // 2, region.left + (region.width - side) // 2, side)


def make_whole_window(height: int, width: int) -> Window:
    """The smallest window that contains an image of this size, with the image in its centre."""
    side = max(height, width)
    return Window((height - side) // 2, (width - side) // 2, side)


def compute_bounding_box(boxes: Sequence[Slices]) -> Slices:
    """The smallest box that contains all boxes."""
    rows, columns = (
        slice(min(part.start for part in axis), max(part.stop for part in axis)) for axis in zip(*boxes, strict=True)
    )
    return rows, columns


def make_relative(box: Slices, outer: Slices) -> Slices:
    """A box inside another one, in coordinates of the outer one."""
    rows, columns = (
        slice(part.start - whole.start, part.stop - whole.start) for part, whole in zip(box, outer, strict=True)
    )
    return rows, columns


def extract_view(x: Tensor, masks: Tensor, window: Window, size: int) -> tuple[Tensor, Tensor]:
    """The input of the network for a window: image (C, S, S) and mask (1, S, S), without the content of the holes.

    If the window is made smaller, pixels are averaged, and a pixel is missing if any of those it covers is.

    Args:
        x: The image, (C, height, width) in [-1, 1].
        masks: Its mask, (1, height, width).
        window: Parts beyond the image's borders are filled by reflection.
        size: Side of the network's images, S.
    """
    rows = _reflect(torch.arange(window.top, window.top + window.side), x.shape[1])
    columns = _reflect(torch.arange(window.left, window.left + window.side), x.shape[2])
    view, view_mask = (image[:, rows][:, :, columns] for image in (x, masks))
    if window.side == size:
        return view * (1 - view_mask), view_mask
    small_mask = F.adaptive_max_pool2d(view_mask, size)
    return F.adaptive_avg_pool2d(view, size) * (1 - small_mask), small_mask


def _reflect(positions: Tensor, length: int) -> Tensor:
    """Reflects positions beyond the borders back inside, repeatedly if necessary."""
    if length == 1:
        return torch.zeros_like(positions)
    periodic = positions.remainder(2 * (length - 1))
    return torch.minimum(periodic, 2 * (length - 1) - periodic)


def _crop(mask: Mask, top: int, left: int, size: int) -> Mask:
    """The part of a mask inside a window that starts at this position, which may be negative."""
    return mask[max(top, 0) : top + size, max(left, 0) : left + size]


def _compute_starts(first: int, length: int, size: int) -> list[int]:
    """Positions of windows that cover `length` pixels from `first` on, with a margin of a quarter of a window."""
    count = max(1, ceil((length - size // 2) / (size // 2)) + 1)
    begin, end = first - size // 4, first + length + size // 4 - size
    if count == 1:
        return [(begin + end) // 2]
    return [round(begin + number * (end - begin) / (count - 1)) for number in range(count)]
