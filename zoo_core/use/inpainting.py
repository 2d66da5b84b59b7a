"""Fills holes in pictures of any size by a network of one size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from zoo_core.contract.capabilities import Inpainter, composite
from zoo_core.contract.errors import UsageError
from zoo_core.use.holes import Hole
from zoo_core.use.model import Model
from zoo_core.use.pictures import exact, pasted, to_floats, to_picture
from zoo_core.use.views import inner, overlap, pyramid, seen
from zoo_core.use.windows import Context, Region, Window, everything, regions, suits_tiles, surroundings, tiles

AT_ONCE = 64  # windows


@dataclass(frozen=True)
class Filled:
    """A picture whose holes were filled.

    Attributes:
        before: The picture as it was, in a mode that can be drawn into.
        hole: bool (height, width), true where pixels were missing.
        picture: The same with the holes filled; every pixel outside of them is that of `before`.
        drawn: All that the generator drew, x_G, where it looked; elsewhere the picture as it was shown to it.
        how: How each part of the hole was filled, in words.
    """

    before: Image.Image
    hole: Hole
    picture: Image.Image
    drawn: Image.Image
    how: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One region as it was filled.

    Attributes:
        filled: (C, height, width) in [-1, 1], what to put into its hole.
        x_g: (C, height, width) in [-1, 1], all that the network drew.
        drawn: bool (1, height, width), where it drew.
        how: In words.
    """

    filled: Tensor
    x_g: Tensor
    drawn: Tensor
    how: str


def inpaint(model: Model, picture: Image.Image, hole: Hole, context: Context = "auto") -> Filled:
    """Fills a hole from what surrounds it; what is inside the hole is never looked at.

    Where a hole is no thicker than half of the network's image, overlapping windows of the picture's own pixels are
    filled and blended ("tiles"). A thicker one would leave such windows without surroundings, so what is around it is
    brought to the network's size, and what was drawn there back to the picture's ("resize"), as blurred as that is.

    Args:
        model: Its generator has to be an `Inpainter`.
        picture: Of any size and mode.
        hole: bool (height, width), true where pixels are missing.
        context: "tiles", "resize", or "auto" to choose by thickness, for each part of the hole; "whole" brings the
            whole picture to the network's size, right for pictures that show as much as those of the training.

    Raises:
        UsageError: The model does not fill holes, the hole is of another size, or there is none, or nothing else.
    """
    in_painter(model)
    if context not in get_args(Context):
        raise UsageError(f"There is no context '{context}'. Choose one of: {', '.join(get_args(Context))}.")
    _check(picture, hole)
    before = exact(picture)
    x, holes = to_floats(before, model.spec.channels), torch.from_numpy(hole).float()[None]
    filled, x_g, how = torch.zeros_like(x), x, []
    for region in regions(hole, model.spec.height // 4):
        part = _part(model, x, holes, region, context)
        filled = torch.where(torch.from_numpy(region.hole), part.filled, filled)
        x_g = torch.where(part.drawn, part.x_g, x_g)
        how.append(part.how)
    return Filled(before, hole, pasted(before, filled, hole), to_picture(x_g), tuple(how))


def in_painter(model: Model) -> Inpainter:
    """The model's generator, as one that fills holes.

    Raises:
        UsageError: It does not.
    """
    if not isinstance(model.generator, Inpainter):
        raise UsageError(f"The generator of {model.origin} ({type(model.generator).__name__}) does not fill holes.")
    return model.generator


def _check(picture: Image.Image, hole: NDArray[np.bool_]) -> None:
    if hole.shape != picture.size[::-1]:
        raise UsageError(
            f"The hole is {hole.shape[1]}x{hole.shape[0]} pixels, the picture {picture.width}x{picture.height}."
        )
    if not hole.any():
        raise UsageError("There is no hole to fill: a mask is white where the hole is, a region transparent.")
    if hole.all():
        raise UsageError("The hole is the whole picture: nothing is left to fill it from.")


def _part(model: Model, x: Tensor, holes: Tensor, region: Region, context: Context) -> Part:
    size = model.spec.height
    if context == "tiles" or (context == "auto" and suits_tiles(region, size)):
        return _by_tiles(model, x, holes, region)
    window = everything(*x.shape[1:]) if context == "whole" else surroundings(region, size)
    return _by_resizing(model, x, holes, region, window)


def _by_tiles(model: Model, x: Tensor, holes: Tensor, region: Region) -> Part:
    """Fills windows of the picture's own pixels, and blends them where they overlap, their middles weighing most."""
    size = model.spec.height
    windows = tiles(region, size)
    total, weights, weight = torch.zeros_like(x), torch.zeros_like(holes), pyramid(size)
    for window, made in zip(windows, _made(model, x, holes, windows), strict=True):
        inside, part = overlap(window, x), inner(window, x)
        total[:, *inside] += (made * weight)[:, *part]
        weights[:, *inside] += weight[:, *part]
    count = f"{len(windows)} windows that overlap" if len(windows) > 1 else "one window"
    blended = total / weights.clamp(min=1e-6)
    words = f"{_in_words(region)}, filled in {count}, {size}x{size} pixels of the picture"
    return Part(blended, blended, weights > 0, words)


def _by_resizing(model: Model, x: Tensor, holes: Tensor, region: Region, window: Window) -> Part:
    """Brings a window to the network's size, and what it drew back; kept pixels join in, for a smooth edge."""
    size = model.spec.height
    made = _made(model, x, holes, [window])[0]
    small_x, small_holes = seen(x, holes, window, size)
    joined = composite(small_x[None], small_holes[None], made[None])
    brought = f", brought to {size}x{size}" if window.side != size else ""
    words = f"{_in_words(region)}, filled from {window.side}x{window.side} pixels around it{brought}"
    drawn = torch.zeros_like(holes).bool()
    drawn[:, *overlap(window, x)] = True
    return Part(_back(joined, window, x), _back(made[None], window, x), drawn, words)


def _back(small: Tensor, window: Window, x: Tensor) -> Tensor:
    """An image (1, C, S, S) grown to a window, at its place in the picture; 0 elsewhere."""
    grown = F.interpolate(small, (window.side, window.side), mode="bicubic")[0].clamp(-1, 1)
    whole = torch.zeros_like(x)
    whole[:, *overlap(window, x)] = grown[:, *inner(window, x)]
    return whole


@torch.no_grad()
def _made(model: Model, x: Tensor, holes: Tensor, windows: Sequence[Window]) -> list[Tensor]:
    """What the network draws in windows: each (C, S, S)."""
    generator = in_painter(model)
    made: list[Tensor] = []
    for start in range(0, len(windows), AT_ONCE):
        shown = [seen(x, holes, window, model.spec.height) for window in windows[start : start + AT_ONCE]]
        images, missing = (torch.stack(part).to(model.device) for part in zip(*shown, strict=True))
        made += list(generator.inpaint(images, missing).float().cpu())
    return made


def _in_words(region: Region) -> str:
    return f"a hole of {region.width}x{region.height} pixels at {region.left},{region.top}"
