"""What is to be done to one picture: which windows of it a network is to fill, and how they are joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from registry import UsageError
from zoo_core.inference.images import to_exact_mode, to_float_tensor
from zoo_core.inference.masks import Mask
from zoo_core.inference.windows import (
    Context,
    Region,
    Window,
    bounding_slices,
    clip_to_image,
    clip_to_window,
    extract_view,
    find_regions,
    make_context_window,
    make_pyramid_weights,
    make_tiles,
    make_whole_window,
    suits_tiles,
)
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.capabilities import composite

Slices = tuple[slice, slice]


@dataclass(frozen=True)
class Patch:
    """What came of one region, in a box of the picture.

    Attributes:
        box: Rows and columns of the picture, around the region.
        filled: (C, height, width) of the box in [-1, 1], what to put into the region's hole.
        x_g: (C, height, width) in [-1, 1], all that the network drew.
        drawn: bool (1, height, width), where it drew.
    """

    box: Slices
    filled: Tensor
    x_g: Tensor
    drawn: Tensor


@dataclass(frozen=True)
class Tiled:
    """A region that is filled in windows of the picture's own pixels.

    Attributes:
        region: The holes.
        size: Side of the network's images.
        windows: What the network is shown, see `make_tiles`.
    """

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def how(self) -> str:
        """In words."""
        count = len(self.windows)
        windows = f"{count} windows that overlap" if count > 1 else "one window"
        return f"{_in_words(self.region)}, filled in {windows}, {self.size}x{self.size} pixels of the picture"

    def joined(self, x: Tensor, masks: Tensor, made: Sequence[Tensor]) -> Patch:
        """Blends windows where they overlap, their middles weighing most.

        Args:
            x: The picture, (C, height, width) in [-1, 1].
            masks: (1, height, width).
            made: What the network drew in each window, (C, S, S).
        """
        boxes = [clip_to_image(window, x) for window in self.windows]
        box, weight = bounding_slices(boxes), make_pyramid_weights(self.size)
        total, weights = torch.zeros_like(x[:, *box]), torch.zeros_like(masks[:, *box])
        for window, inside, drawn in zip(self.windows, boxes, made, strict=True):
            here, part = within(inside, box), clip_to_window(window, x)
            total[:, *here] += (drawn * weight)[:, *part]
            weights[:, *here] += weight[:, *part]
        blended = total / weights.clamp(min=1e-6)
        return Patch(box, blended, blended, weights > 0)


@dataclass(frozen=True)
class Resized:
    """A region that is filled from one window around it, brought to the network's size.

    Attributes:
        region: The holes.
        size: Side of the network's images.
        windows: What the network is shown, one window.
    """

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def how(self) -> str:
        """In words."""
        side = self.windows[0].side
        brought = f", brought to {self.size}x{self.size}" if side != self.size else ""
        return f"{_in_words(self.region)}, filled from {side}x{side} pixels around it{brought}"

    def joined(self, x: Tensor, masks: Tensor, made: Sequence[Tensor]) -> Patch:
        """Brings what the network drew back to the picture's size; kept pixels join in, for a smooth edge.

        Args:
            x: The picture, (C, height, width) in [-1, 1].
            masks: (1, height, width).
            made: What the network drew, one (C, S, S).
        """
        (window,), (drawn,) = self.windows, made
        shown, missing = extract_view(x, masks, window, self.size)
        pair = torch.stack([composite(shown, missing, drawn), drawn])
        if window.side != self.size:
            pair = F.interpolate(pair, (window.side, window.side), mode="bicubic").clamp(-1, 1)
        filled, x_g = pair[:, :, *clip_to_window(window, x)]
        return Patch(clip_to_image(window, x), filled, x_g, torch.ones_like(x_g[:1], dtype=torch.bool))


Part = Tiled | Resized


def within(box: Slices, outer: Slices) -> Slices:
    """A box of the picture as rows and columns of another one around it."""
    rows, columns = (slice(mine.start - its.start, mine.stop - its.start) for mine, its in zip(box, outer, strict=True))
    return rows, columns


def _in_words(region: Region) -> str:
    return f"a hole of {region.width}x{region.height} pixels at {region.left},{region.top}"


@dataclass(frozen=True)
class Plan:
    """A picture with a hole, and the parts that the hole is filled in.

    Attributes:
        before: The picture, as `to_exact_mode` gives it.
        mask: bool (height, width), true where pixels are missing.
        x: What a network is shown of it, (C, height, width) in [-1, 1].
        masks: The hole as floats, (1, height, width).
        parts: At least one.
    """

    before: Image.Image
    mask: Mask
    x: Tensor
    masks: Tensor
    parts: Sequence[Part]

    @staticmethod
    def of(picture: Image.Image, mask: Mask, spec: ImageSpec, context: Context) -> "Plan":
        """Looks at the hole, and chooses for each part of it how to fill it.

        Raises:
            UsageError: See `check_mask`.
        """
        check_mask(picture, mask)
        before = to_exact_mode(picture)
        x, masks = to_float_tensor(before, spec.channels), torch.from_numpy(mask).float()[None]
        parts = [_part(region, spec.height, x, context) for region in find_regions(mask, spec.height // 4)]
        return Plan(before, mask, x, masks, parts)

    @property
    def window_count(self) -> int:
        """How many windows there are to fill."""
        return sum(len(part.windows) for part in self.parts)

    def views(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields each window as the network takes it, (C, S, S), with its holes (1, S, S)."""
        for part in self.parts:
            for window in part.windows:
                yield extract_view(self.x, self.masks, window, part.size)

    def joined(self, made: Iterator[Tensor]) -> tuple[Tensor, Tensor]:
        """The picture (C, height, width) with its hole filled, and with all that the network drew.

        Args:
            made: What it drew in the windows, (C, S, S) each, in their order; as many are taken as there are.
        """
        filled, x_g = self.x.clone(), self.x.clone()
        for part in self.parts:
            patch, region = part.joined(self.x, self.masks, list(islice(made, len(part.windows)))), part.region
            new = patch.filled[:, *within(region.box, patch.box)]
            filled[:, *region.box] = torch.where(torch.from_numpy(region.mask), new, filled[:, *region.box])
            x_g[:, *patch.box] = torch.where(patch.drawn, patch.x_g, x_g[:, *patch.box])
        return filled, x_g


def check_mask(picture: Image.Image, mask: Mask) -> None:
    """Checks that there is something to fill, and something to fill it from.

    Raises:
        UsageError: The hole is of another size than the picture, or there is none, or nothing else.
    """
    if mask.shape != picture.size[::-1]:
        raise UsageError(
            f"The hole is {mask.shape[1]}x{mask.shape[0]} pixels, the picture {picture.width}x{picture.height}."
        )
    if not mask.any():
        raise UsageError("There is no hole to fill: a mask is white where the hole is, a region transparent.")
    if mask.all():
        raise UsageError("The hole is the whole picture: nothing is left to fill it from.")


def _part(region: Region, size: int, x: Tensor, context: Context) -> Part:
    if context == "tiles" or (context == "auto" and suits_tiles(region, size)):
        return Tiled(region, size, make_tiles(region, size))
    window = make_whole_window(*x.shape[1:]) if context == "whole" else make_context_window(region, size)
    return Resized(region, size, [window])
