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
from zoo_core.use.pictures import exact, pasted, to_floats
from zoo_core.use.views import inner, overlap, pyramid, seen
from zoo_core.use.windows import Context, Region, Window, regions, suits_tiles, surroundings, tiles

AT_ONCE = 64  # windows


@dataclass(frozen=True)
class Filled:
    """A picture whose holes were filled.

    Attributes:
        before: The picture as it was, in a mode that can be drawn into.
        hole: bool (height, width), true where pixels were missing.
        picture: The same with the holes filled; every pixel outside of them is that of `before`.
        how: How each part of the hole was filled, in words.
    """

    before: Image.Image
    hole: Hole
    picture: Image.Image
    how: tuple[str, ...]


def inpaint(model: Model, picture: Image.Image, hole: Hole, context: Context = "auto") -> Filled:
    """Fills a hole from what surrounds it; what is inside the hole is never looked at.

    Where a hole is no thicker than half of the network's image, overlapping windows of the picture's own pixels are
    filled and blended ("tiles"). A thicker one would leave such windows without surroundings, so what is around it is
    brought to the network's size, and what was drawn there back to the picture's ("resize"), as blurred as that is.

    Args:
        model: Its generator has to be an `Inpainter`.
        picture: Of any size and mode.
        hole: bool (height, width), true where pixels are missing.
        context: "tiles", "resize", or "auto" to choose by thickness, for each part of the hole.

    Raises:
        UsageError: The model does not fill holes, the hole is of another size, or there is none, or nothing else.
    """
    in_painter(model)
    if context not in get_args(Context):
        raise UsageError(f"There is no context '{context}'. Choose one of: {', '.join(get_args(Context))}.")
    _check(picture, hole)
    before = exact(picture)
    x, holes = to_floats(before, model.spec.channels), torch.from_numpy(hole).float()[None]
    filled, how = torch.zeros_like(x), []
    for region in regions(hole, model.spec.height // 4):
        tiled = context == "tiles" or (context == "auto" and suits_tiles(region, model.spec.height))
        drawn, words = (_by_tiles if tiled else _by_resizing)(model, x, holes, region)
        filled = torch.where(torch.from_numpy(region.hole), drawn, filled)
        how.append(words)
    return Filled(before, hole, pasted(before, filled, hole), tuple(how))


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


def _by_tiles(model: Model, x: Tensor, holes: Tensor, region: Region) -> tuple[Tensor, str]:
    """Fills windows of the picture's own pixels, and blends them where they overlap, their middles weighing most."""
    size = model.spec.height
    windows = tiles(region, size)
    total, weights, weight = torch.zeros_like(x), torch.zeros_like(holes), pyramid(size)
    for window, made in zip(windows, _made(model, x, holes, windows), strict=True):
        inside, part = overlap(window, x), inner(window, x)
        total[:, *inside] += (made * weight)[:, *part]
        weights[:, *inside] += weight[:, *part]
    count = f"{len(windows)} windows that overlap" if len(windows) > 1 else "one window"
    return total / weights.clamp(
        min=1e-6
    ), f"{_in_words(region)}, filled in {count}, {size}x{size} pixels of the picture"


def _by_resizing(model: Model, x: Tensor, holes: Tensor, region: Region) -> tuple[Tensor, str]:
    """Brings the surroundings to the network's size, and what it drew back; kept pixels join in, for a smooth edge."""
    size, window = model.spec.height, surroundings(region, model.spec.height)
    made = _made(model, x, holes, [window])[0]
    small_x, small_holes = seen(x, holes, window, size)
    joined = composite(small_x[None], small_holes[None], made[None])
    grown = F.interpolate(joined, (window.side, window.side), mode="bicubic")[0].clamp(-1, 1)
    total = torch.zeros_like(x)
    total[:, *overlap(window, x)] = grown[:, *inner(window, x)]
    brought = f", brought to {size}x{size}" if window.side != size else ""
    return total, f"{_in_words(region)}, filled from {window.side}x{window.side} pixels around it{brought}"


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
