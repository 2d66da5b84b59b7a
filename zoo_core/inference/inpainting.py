"""Fills holes in pictures of any size by a network of one size: windows of many pictures go through it together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import get_args

import torch
from PIL import Image
from torch import Tensor

from registry import UsageError
from zoo_core.inference.images import paste, to_pil_image
from zoo_core.inference.masks import Mask
from zoo_core.inference.model import Model
from zoo_core.inference.plan import Plan
from zoo_core.inference.windows import Context
from zoo_core.interfaces.capabilities import Inpainter

AT_ONCE = 64  # windows
PIXELS_AT_ONCE = 2**22  # of the pictures that wait until their windows are filled


@dataclass(frozen=True)
class InpaintingResult:
    """A picture whose holes were filled.

    Attributes:
        before: The picture as it was, in a mode that can be drawn into.
        mask: bool (height, width), true where pixels were missing.
        picture: The same with the holes filled; every pixel outside of them is that of `before`.
        x_g: All that the generator drew, (C, height, width) in [-1, 1]; where it did not look, the picture as it was
            shown to it.
        how: How each part of the hole was filled, in words.
    """

    before: Image.Image
    mask: Mask
    picture: Image.Image
    x_g: Tensor
    how: tuple[str, ...]

    @property
    def drawn(self) -> Image.Image:
        """All that the generator drew, as a picture in grey or RGB."""
        return to_pil_image(self.x_g)


def inpaint(model: Model, picture: Image.Image, mask: Mask, context: Context = "auto") -> InpaintingResult:
    """Fills a hole from what surrounds it; what is inside the hole is never looked at.

    Where a hole is no thicker than half of the network's image, overlapping windows of the picture's own pixels are
    filled and blended ("tiles"). A thicker one would leave such windows without surroundings, so what is around it is
    brought to the network's size, and what was drawn there back to the picture's ("resize"), as blurred as that is.

    Args:
        model: Its generator has to be an `Inpainter`.
        picture: Of any size and mode.
        mask: bool (height, width), true where pixels are missing.
        context: "tiles", "resize", or "auto" to choose by thickness, for each part of the hole; "whole" brings the
            whole picture to the network's size, right for pictures that show as much as those of the training.

    Raises:
        UsageError: The model does not fill holes, the hole is of another size, or there is none, or nothing else.
    """
    return next(inpaint_all(model, [(picture, mask)], context))


def inpaint_all(
    model: Model, pictures: Iterable[tuple[Image.Image, Mask]], context: Context = "auto"
) -> Iterator[InpaintingResult]:
    """Yields each of many pictures with its hole filled, in their order; faster than one by one with `inpaint`.

    Pictures are taken and held in groups: as many as have 64 windows or four million pixels together.

    Args:
        model: Its generator has to be an `Inpainter`.
        pictures: Each with its hole, see `inpaint`; may come from a generator.
        context: See `inpaint`.

    Raises:
        UsageError: As of `inpaint`. It ends the work; what `check_mask` says of a picture is known before.
    """
    require_inpainter(model)
    if context not in get_args(Context):
        raise UsageError(f"There is no context '{context}'. Choose one of: {', '.join(get_args(Context))}.")
    for group in _groups(Plan.of(picture, mask, model.spec, context) for picture, mask in pictures):
        made = _made(model, (view for plan in group for view in plan.views()))
        yield from (_filled(plan, made) for plan in group)


def require_inpainter(model: Model) -> Inpainter:
    """The model's generator, as one that fills holes.

    Raises:
        UsageError: It does not.
    """
    if not isinstance(model.generator, Inpainter):
        raise UsageError(f"The generator of {model.origin} ({type(model.generator).__name__}) does not fill holes.")
    return model.generator


def _groups(plans: Iterable[Plan]) -> Iterator[list[Plan]]:
    group: list[Plan] = []
    windows = pixels = 0
    for plan in plans:
        group.append(plan)
        windows, pixels = windows + plan.window_count, pixels + plan.mask.size
        if windows >= AT_ONCE or pixels >= PIXELS_AT_ONCE:
            yield group
            group, windows, pixels = [], 0, 0
    if group:
        yield group


def _made(model: Model, views: Iterator[tuple[Tensor, Tensor]]) -> Iterator[Tensor]:
    """What the network draws in windows (C, S, S) with holes (1, S, S): each (C, S, S)."""
    generator = require_inpainter(model)
    while shown := list(islice(views, AT_ONCE)):
        images, missing = (_batch(part, model.device) for part in zip(*shown, strict=True))
        with torch.no_grad():
            made = generator.inpaint(images, missing).float().cpu()
        yield from made


def _batch(images: Sequence[Tensor], device: torch.device) -> Tensor:
    return torch.stack(list(images)).to(device, memory_format=torch.channels_last)


def _filled(plan: Plan, made: Iterator[Tensor]) -> InpaintingResult:
    filled, x_g = plan.joined(made)
    picture = paste(plan.before, filled, plan.mask)
    return InpaintingResult(plan.before, plan.mask, picture, x_g, tuple(part.how for part in plan.parts))
