"""The two ways to fill one region: by windows of the picture's own pixels, or by bringing its surroundings to size."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core.contract.capabilities import composite
from zoo_core.use.views import around, inner, overlap, pyramid, seen
from zoo_core.use.windows import Region, Window

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Patch:
    """What came of one region, in a box of the picture.

    Attributes:
        box: Rows and columns of the picture, around the region.
        filled: (C, height, width) of the box in [-1, 1], what to put into the region's hole.
        x_g: (C, height, width) in [-1, 1], all that the network drew.
        drawn: bool (1, height, width), where it drew.
    """

    box: Box
    filled: Tensor
    x_g: Tensor
    drawn: Tensor


@dataclass(frozen=True)
class Tiled:
    """A region that is filled in windows of the picture's own pixels.

    Attributes:
        region: The holes.
        size: Side of the network's images.
        windows: What the network is shown, see `tiles`.
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

    def joined(self, x: Tensor, holes: Tensor, made: Sequence[Tensor]) -> Patch:
        """Blends windows where they overlap, their middles weighing most.

        Args:
            x: The picture, (C, height, width) in [-1, 1].
            holes: (1, height, width).
            made: What the network drew in each window, (C, S, S).
        """
        boxes = [overlap(window, x) for window in self.windows]
        box, weight = around(boxes), pyramid(self.size)
        total, weights = torch.zeros_like(x[:, *box]), torch.zeros_like(holes[:, *box])
        for window, inside, drawn in zip(self.windows, boxes, made, strict=True):
            here, part = within(inside, box), inner(window, x)
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

    def joined(self, x: Tensor, holes: Tensor, made: Sequence[Tensor]) -> Patch:
        """Brings what the network drew back to the picture's size; kept pixels join in, for a smooth edge.

        Args:
            x: The picture, (C, height, width) in [-1, 1].
            holes: (1, height, width).
            made: What the network drew, one (C, S, S).
        """
        (window,), (drawn,) = self.windows, made
        shown, missing = seen(x, holes, window, self.size)
        pair = torch.stack([composite(shown, missing, drawn), drawn])
        if window.side != self.size:
            pair = F.interpolate(pair, (window.side, window.side), mode="bicubic").clamp(-1, 1)
        filled, x_g = pair[:, :, *inner(window, x)]
        return Patch(overlap(window, x), filled, x_g, torch.ones_like(x_g[:1], dtype=torch.bool))


Part = Tiled | Resized


def within(box: Box, outer: Box) -> Box:
    """A box of the picture as rows and columns of another one around it."""
    rows, columns = (slice(mine.start - its.start, mine.stop - its.start) for mine, its in zip(box, outer, strict=True))
    return rows, columns


def _in_words(region: Region) -> str:
    return f"a hole of {region.width}x{region.height} pixels at {region.left},{region.top}"
