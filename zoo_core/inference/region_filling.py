"""Two ways to fill a region of an image with a network: in overlapping tiles, or from one resized window."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core.inference.windows import Region, Slices, Window, compute_bounding_box, make_relative
from zoo_core.interfaces.capabilities import composite


@dataclass(frozen=True)
class Patch:
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
    """Fills a region in tiles: overlapping windows at the image's own resolution.

    Attributes:
        region: The holes.
        size: Side of the network's images.
        windows: Input of the network, see `make_tiles`.
    """

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def description(self) -> str:
        """How the region is filled, as text."""
        count = len(self.windows)
        windows = f"{count} overlapping windows" if count > 1 else "one window"
        return f"{_describe_region(self.region)}, filled in {windows} of {self.size}x{self.size} pixels"

    def assemble(self, x: Tensor, masks: Tensor, generated: Sequence[Tensor]) -> Patch:
        """Blends the generated tiles where they overlap; the weight is largest in the centre of a tile.

        Args:
            x: The image, (C, height, width) in [-1, 1].
            masks: Its mask, (1, height, width).
            generated: Output of the network for each window, (C, S, S).
        """
        boxes = [window.clip_to_image(*x.shape[1:]) for window in self.windows]
        bounding_box, weight = compute_bounding_box(boxes), make_pyramid_weights(self.size)
        total, weights = torch.zeros_like(x[:, *bounding_box]), torch.zeros_like(masks[:, *bounding_box])
        for window, box, tile in zip(self.windows, boxes, generated, strict=True):
            target, source = make_relative(box, bounding_box), window.clip_to_window(*x.shape[1:])
            total[:, *target] += (tile * weight)[:, *source]
            weights[:, *target] += weight[:, *source]
        blended = total / weights.clamp(min=1e-6)
        return Patch(bounding_box, blended, blended, weights > 0)


@dataclass(frozen=True)
class ResizedFilling:
    """Fills a region from one window around it, which is resized to the network's size and back.

    Attributes:
        region: The holes.
        size: Side of the network's images.
        windows: Input of the network, one window.
    """

    region: Region
    size: int
    windows: Sequence[Window]

    @property
    def description(self) -> str:
        """How the region is filled, as text."""
        side = self.windows[0].side
        resized = f", resized to {self.size}x{self.size}" if side != self.size else ""
        return f"{_describe_region(self.region)}, filled from {side}x{side} pixels around it{resized}"

    def assemble(self, x: Tensor, masks: Tensor, generated: Sequence[Tensor]) -> Patch:
        """Resizes what the network generated; kept pixels are included in the interpolation, for a smooth edge.

        Args:
            x: The image, (C, height, width) in [-1, 1].
            masks: Its mask, (1, height, width).
            generated: Output of the network for the window, one (C, S, S).
        """
        (window,), (window_x_g,) = self.windows, generated
        view, view_mask = extract_view(x, masks, window, self.size)
        pair = torch.stack([composite(view, view_mask, window_x_g), window_x_g])
        if window.side != self.size:
            pair = F.interpolate(pair, (window.side, window.side), mode="bicubic").clamp(-1, 1)
        filled, x_g = pair[:, :, *window.clip_to_window(*x.shape[1:])]
        return Patch(window.clip_to_image(*x.shape[1:]), filled, x_g, torch.ones_like(x_g[:1], dtype=torch.bool))


RegionFilling = TiledFilling | ResizedFilling


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


@cache
def make_pyramid_weights(size: int) -> Tensor:
    """Weights (1, S, S) above 0 that are largest in the centre."""
    ramp = torch.minimum(torch.arange(1, size + 1), torch.arange(size, 0, -1)).float() / size
    return (ramp[:, None] * ramp[None])[None]


def _reflect(positions: Tensor, length: int) -> Tensor:
    """Reflects positions beyond the borders back inside, repeatedly if necessary."""
    if length == 1:
        return torch.zeros_like(positions)
    periodic = positions.remainder(2 * (length - 1))
    return torch.minimum(periodic, 2 * (length - 1) - periodic)


def _describe_region(region: Region) -> str:
    return f"a hole of {region.width}x{region.height} pixels at {region.left},{region.top}"
