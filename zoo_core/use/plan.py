"""What is to be done to one picture: which windows of it a network is to fill, and how they are joined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from PIL import Image
from torch import Tensor

from zoo_core.contract.batch import ImageSpec
from zoo_core.contract.errors import UsageError
from zoo_core.use.holes import Hole
from zoo_core.use.parts import Part, Resized, Tiled, within
from zoo_core.use.pictures import exact, to_floats
from zoo_core.use.views import seen
from zoo_core.use.windows import Context, Region, everything, regions, suits_tiles, surroundings, tiles


@dataclass(frozen=True)
class Plan:
    """A picture with a hole, and the parts that the hole is filled in.

    Attributes:
        before: The picture, as `exact` gives it.
        hole: bool (height, width), true where pixels are missing.
        x: What a network is shown of it, (C, height, width) in [-1, 1].
        holes: The hole as floats, (1, height, width).
        parts: At least one.
    """

    before: Image.Image
    hole: Hole
    x: Tensor
    holes: Tensor
    parts: Sequence[Part]

    @staticmethod
    def of(picture: Image.Image, hole: Hole, spec: ImageSpec, context: Context) -> "Plan":
        """Looks at the hole, and chooses for each part of it how to fill it.

        Raises:
            UsageError: See `check_hole`.
        """
        check_hole(picture, hole)
        before = exact(picture)
        x, holes = to_floats(before, spec.channels), torch.from_numpy(hole).float()[None]
        parts = [_part(region, spec.height, x, context) for region in regions(hole, spec.height // 4)]
        return Plan(before, hole, x, holes, parts)

    @property
    def window_count(self) -> int:
        """How many windows there are to fill."""
        return sum(len(part.windows) for part in self.parts)

    def views(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields each window as the network takes it, (C, S, S), with its holes (1, S, S)."""
        for part in self.parts:
            for window in part.windows:
                yield seen(self.x, self.holes, window, part.size)

    def joined(self, made: Iterator[Tensor]) -> tuple[Tensor, Tensor]:
        """The picture (C, height, width) with its hole filled, and with all that the network drew.

        Args:
            made: What it drew in the windows, (C, S, S) each, in their order; as many are taken as there are.
        """
        filled, x_g = self.x.clone(), self.x.clone()
        for part in self.parts:
            patch, region = part.joined(self.x, self.holes, list(islice(made, len(part.windows)))), part.region
            new = patch.filled[:, *within(region.box, patch.box)]
            filled[:, *region.box] = torch.where(torch.from_numpy(region.hole), new, filled[:, *region.box])
            x_g[:, *patch.box] = torch.where(patch.drawn, patch.x_g, x_g[:, *patch.box])
        return filled, x_g


def check_hole(picture: Image.Image, hole: Hole) -> None:
    """Checks that there is something to fill, and something to fill it from.

    Raises:
        UsageError: The hole is of another size than the picture, or there is none, or nothing else.
    """
    if hole.shape != picture.size[::-1]:
        raise UsageError(
            f"The hole is {hole.shape[1]}x{hole.shape[0]} pixels, the picture {picture.width}x{picture.height}."
        )
    if not hole.any():
        raise UsageError("There is no hole to fill: a mask is white where the hole is, a region transparent.")
    if hole.all():
        raise UsageError("The hole is the whole picture: nothing is left to fill it from.")


def _part(region: Region, size: int, x: Tensor, context: Context) -> Part:
    if context == "tiles" or (context == "auto" and suits_tiles(region, size)):
        return Tiled(region, size, tiles(region, size))
    window = everything(*x.shape[1:]) if context == "whole" else surroundings(region, size)
    return Resized(region, size, [window])
