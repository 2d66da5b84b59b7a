"""The plan for one image: in which windows the network fills its holes, and how the result is put together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal, NamedTuple, get_args

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from registry import UsageError
from zoo_core.inference.images import to_exact_mode, to_float_tensor
from zoo_core.inference.masks import Mask
from zoo_core.inference.windows import (
    Region,
    Slices,
    Window,
    compute_bounding_box,
    extract_view,
    find_regions,
    make_context_window,
    make_relative,
    make_tiles,
    make_whole_window,
    suits_tiles,
)
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.capabilities import composite

Context = Literal["auto", "tiles", "resize", "whole"]


class Patch(NamedTuple):
    """The result for one region, in a box of the image around it.

    Attributes:
        box: Rows and columns of the image.
        filled: New pixels for the holes, (C, height, width) of the box in [-1, 1].
        x_g: Everything that the network generated, (C, height, width) in [-1, 1].
        is_generated: bool (1, height, width), true where the network generated something.
    """

    box: Slices
    filled: Tensor
    x_g: Tensor
    is_generated: Tensor


@dataclass(frozen=True)
class TiledFilling:
    """Fills a region in tiles: overlapping windows of S x S pixels at the image's own resolution, see `make_tiles`."""

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def description(self) -> str:
        """How the region is filled, as text."""
        count = len(self.windows)
        windows = f"{count} overlapping windows" if count > 1 else "one window"
        return f"{self.region}, filled in {windows} of {self.size}x{self.size} pixels"

    def assemble(self, x: Tensor, masks: Tensor, generated: Sequence[Tensor]) -> Patch:
        """Blends the tiles where they overlap; the weight is largest in the centre of a tile.

        Args:
            x: The image, (C, height, width) in [-1, 1].
            masks: Its mask, (1, height, width).
            generated: Output of the network for each window, (C, S, S).
        """
        boxes = [window.clip(*x.shape[1:]) for window in self.windows]
        bounding_box, weight = compute_bounding_box(boxes), make_pyramid_weights(self.size)
        total, weights = torch.zeros_like(x[:, *bounding_box]), torch.zeros_like(masks[:, *bounding_box])
        for window, box, tile in zip(self.windows, boxes, generated, strict=True):
            target, source = make_relative(box, bounding_box), make_relative(box, window.box)
            total[:, *target] += (tile * weight)[:, *source]
            weights[:, *target] += weight[:, *source]
        blended = total / weights.clamp(min=1e-6)
        return Patch(bounding_box, blended, blended, weights > 0)


@dataclass(frozen=True)
class ResizedFilling:
    """Fills a region from one window around it, which is resized to S x S pixels and back."""

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def description(self) -> str:
        """How the region is filled, as text."""
        side = self.windows[0].side
        resized = f", resized to {self.size}x{self.size}" if side != self.size else ""
        return f"{self.region}, filled from {side}x{side} pixels around it{resized}"

    def assemble(self, x: Tensor, masks: Tensor, generated: Sequence[Tensor]) -> Patch:
        """Resizes the network's output with the kept pixels, for a smooth edge; see `TiledFilling.assemble`."""
        (window,), (window_x_g,) = self.windows, generated
        view, view_mask = extract_view(x, masks, window, self.size)
        pair = torch.stack([composite(view, view_mask, window_x_g), window_x_g])
        if window.side != self.size:
            pair = F.interpolate(pair, (window.side, window.side), mode="bicubic").clamp(-1, 1)
        box = window.clip(*x.shape[1:])
        filled, x_g = pair[:, :, *make_relative(box, window.box)]
        return Patch(box, filled, x_g, torch.ones_like(x_g[:1], dtype=torch.bool))


RegionFilling = TiledFilling | ResizedFilling


@dataclass(frozen=True)
class Plan:
    """An image with holes, and how each region of them is filled.

    Attributes:
        image: In an exact mode, see `to_exact_mode`.
        mask: bool (height, width), true where pixels are missing.
        x: The image as the network sees it, (C, height, width) in [-1, 1].
        masks: The mask as floats, (1, height, width).
        fillings: One for each region, at least one.
    """

    image: Image.Image
    mask: Mask
    x: Tensor
    masks: Tensor
    fillings: Sequence[RegionFilling]

    @staticmethod
    def make(image: Image.Image, mask: Mask, spec: ImageSpec, context: Context) -> "Plan":
        """Finds the regions of the holes and chooses how to fill each.

        Raises:
            UsageError: There is no such context, nothing to fill, or nothing to fill it from.
        """
        if context not in get_args(Context):
            raise UsageError(f"There is no context '{context}'. Available: {', '.join(get_args(Context))}.")
        _check_mask(image, mask)
        exact = to_exact_mode(image)
        x, masks = to_float_tensor(exact, spec.channels), torch.from_numpy(mask).float()[None]
        regions = find_regions(mask, near=spec.height // 4)
        return Plan(exact, mask, x, masks, [_choose_filling(region, spec.height, x, context) for region in regions])

    @property
    def windows(self) -> list[Window]:
        """The windows of all regions, in order."""
        return [window for filling in self.fillings for window in filling.windows]

    def assemble(self, generated: Iterator[Tensor]) -> tuple[Tensor, Tensor]:
        """Takes the output of the network for each of `windows`, (C, S, S), and puts it into the image.

        Returns:
            The image with its holes filled, and the image with everything that the network generated, both
            (C, height, width) in [-1, 1].
        """
        filled, x_g = self.x.clone(), self.x.clone()
        for filling in self.fillings:
            region, outputs = filling.region, list(islice(generated, len(filling.windows)))
            patch = filling.assemble(self.x, self.masks, outputs)
            new = patch.filled[:, *make_relative(region.box, patch.box)]
            filled[:, *region.box] = torch.where(torch.from_numpy(region.mask), new, filled[:, *region.box])
            x_g[:, *patch.box] = torch.where(patch.is_generated, patch.x_g, x_g[:, *patch.box])
        return filled, x_g


def _check_mask(image: Image.Image, mask: Mask) -> None:
    """Checks that there are holes to fill, and pixels to fill them from."""
    if mask.shape != image.size[::-1]:
        raise UsageError(
            f"The mask has {mask.shape[1]}x{mask.shape[0]} pixels, but the image has {image.width}x{image.height}."
        )
    if not mask.any():
        raise UsageError("There is no hole to fill. A mask has to be white, or an image transparent, in the hole.")
    if mask.all():
        raise UsageError("The hole covers the complete image. Keep some pixels to fill it from.")


def _choose_filling(region: Region, size: int, x: Tensor, context: Context) -> RegionFilling:
    if context == "tiles" or (context == "auto" and suits_tiles(region, size)):
        return TiledFilling(region, size, make_tiles(region, size))
    window = make_whole_window(*x.shape[1:]) if context == "whole" else make_context_window(region, size)
    return ResizedFilling(region, size, [window])


@cache
def make_pyramid_weights(size: int) -> Tensor:
    """Weights (1, S, S) above 0 that are largest in the centre."""
    ramp = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).float() / size
    return (ramp[:, None] * ramp[None])[None]
