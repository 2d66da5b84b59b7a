"""Fills holes in images of any size with a network of one size, in batches of windows of several images."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.inference.images import paste, to_pil_image
from zoo_core.inference.masks import Mask
from zoo_core.inference.model import Model
from zoo_core.inference.plan import Context, Plan
from zoo_core.inference.windows import extract_view
from zoo_core.interfaces.capabilities import Inpainter

BATCH_SIZE = 64  # windows
GROUP_PIXELS = 2**22  # of images that are held until their windows are filled

Failure = TypeVar("Failure", bound=ZooError)


@dataclass(frozen=True)
class InpaintingResult:
    """An image whose holes are filled.

    Attributes:
        original: The image before, in an exact mode (see `open_image`).
        mask: bool (height, width), true where pixels were missing.
        image: The image with its holes filled; all other pixels are those of `original`.
        generated: Everything that the generator generated (x_G), (C, height, width) in [-1, 1]; elsewhere the original
            as the generator sees it.
        descriptions: How each region of the holes was filled, as text.
    """

    original: Image.Image
    mask: Mask
    image: Image.Image
    generated: Tensor
    descriptions: tuple[str, ...]

    @property
    def generated_image(self) -> Image.Image:
        """Everything that the generator generated, as an image in grey or RGB."""
        return to_pil_image(self.generated)


def inpaint(model: Model, image: Image.Image, mask: Mask, context: Context = "auto") -> InpaintingResult:
    """Fills holes from their surroundings; the content of the holes is ignored.

    Holes that are at most half as thick as the network's images are filled in overlapping windows at the image's own
    resolution ("tiles"). Such windows would contain no surroundings of a thicker hole, so a window around it is resized
    to the network's size, and the result back ("resize"), which is blurred accordingly.

    Args:
        model: Its generator has to be an `Inpainter`.
        image: Of any size and mode.
        mask: bool (height, width), true where pixels are missing.
        context: "tiles", "resize", or "auto" to choose for each region by its thickness; "whole" resizes the complete
            image, for images that show as much as the training images.

    Raises:
        UsageError: The generator cannot fill holes, the mask has another size, or all or none of the pixels are
            missing.
    """
    return next(inpaint_all(model, [(image, mask)], context))


def inpaint_all(
    model: Model, images: Iterable[tuple[Image.Image, Mask]], context: Context = "auto"
) -> Iterator[InpaintingResult]:
    """Fills holes in many images, in their order; faster than calling `inpaint` for each.

    Images are read and held in groups, which end at 64 windows or four million pixels.

    Args:
        model: Its generator has to be an `Inpainter`.
        images: Images with their masks, see `inpaint`; may be a generator.
        context: See `inpaint`.

    Raises:
        UsageError: See `inpaint`. The iteration ends, without results for other images of the same group.
    """
    yield from fill_plans(model, (Plan.make(image, mask, model.spec, context) for image, mask in images))


def fill_plans(model: Model, plans: Iterable[Plan | Failure]) -> Iterator[InpaintingResult | Failure]:
    """Yields the result of each plan; an error in place of a plan is yielded in place of its result."""
    require_inpainter(model)
    for group in _group(plans):
        generated = _generate_windows(model, [plan for plan in group if isinstance(plan, Plan)])
        for plan in group:
            yield _make_result(plan, generated) if isinstance(plan, Plan) else plan


def require_inpainter(model: Model) -> Inpainter:
    """The model's generator; raises a UsageError if it cannot fill holes."""
    if not isinstance(model.generator, Inpainter):
        raise UsageError(f"The generator of {model.origin} ({type(model.generator).__name__}) cannot fill holes.")
    return model.generator


def _group(plans: Iterable[Plan | Failure]) -> Iterator[list[Plan | Failure]]:
    """Collects plans until they have enough windows for a batch, or their images as many pixels as may be held."""
    group: list[Plan | Failure] = []
    windows = pixels = 0
    for plan in plans:
        group.append(plan)
        if isinstance(plan, Plan):
            windows, pixels = windows + len(plan.windows), pixels + plan.mask.size
        if windows >= BATCH_SIZE or pixels >= GROUP_PIXELS:
            yield group
            group, windows, pixels = [], 0, 0
    if group:
        yield group


def _generate_windows(model: Model, plans: Sequence[Plan]) -> Iterator[Tensor]:
    """Runs the generator on the windows of all plans, in batches; yields the output (C, S, S) for each window."""
    generator = require_inpainter(model)
    windows = [(plan, window) for plan in plans for window in plan.windows]
    for start in range(0, len(windows), BATCH_SIZE):
        batch = windows[start : start + BATCH_SIZE]
        views = [extract_view(plan.x, plan.masks, window, model.spec.height) for plan, window in batch]
        images, masks = (
            torch.stack(part).to(model.device, memory_format=torch.channels_last) for part in zip(*views, strict=True)
        )
        with torch.no_grad():
            generated = generator.inpaint(images, masks).float().cpu()
        yield from generated


def _make_result(plan: Plan, generated: Iterator[Tensor]) -> InpaintingResult:
    filled, x_g = plan.assemble(generated)
    image = paste(plan.image, filled, plan.mask)
    return InpaintingResult(plan.image, plan.mask, image, x_g, tuple(part.description for part in plan.fillings))
