"""Square windows of an image of any size, as the input of a network with a fixed image size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.ndimage import distance_transform_cdt, find_objects, label

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


@dataclass(frozen=True)
class Window:
    """A square of an image, which may extend beyond its borders.

    Attributes:
        top: First row in the image; may be negative.
        left: First column in the image; may be negative.
        side: Height and width in pixels.
    """

    top: int
    left: int
    side: int

    def clip_to_image(self, height: int, width: int) -> Slices:
        """The part of an image of this size that is inside the window, in coordinates of the image."""
        rows = slice(max(self.top, 0), min(self.top + self.side, height))
        columns = slice(max(self.left, 0), min(self.left + self.side, width))
        return rows, columns

    def clip_to_window(self, height: int, width: int) -> Slices:
        """The same part in coordinates of the window."""
        rows, columns = self.clip_to_image(height, width)
        return (
            slice(rows.start - self.top, rows.stop - self.top),
            slice(columns.start - self.left, columns.stop - self.left),
        )


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
