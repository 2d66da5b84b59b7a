"""The plan for one image: in which windows the network fills its holes, and how the result is put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from PIL import Image
from torch import Tensor

from registry import UsageError
from zoo_core.inference.images import to_exact_mode, to_float_tensor
from zoo_core.inference.masks import Mask
from zoo_core.inference.region_filling import RegionFilling, ResizedFilling, TiledFilling
from zoo_core.inference.windows import (
    Region,
    Window,
    find_regions,
    make_context_window,
    make_relative,
    make_tiles,
    make_whole_window,
    suits_tiles,
)
from zoo_core.interfaces.batch import ImageSpec

Context = Literal["auto", "tiles", "resize", "whole"]


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
            UsageError: There is no such context, nothing to fill, or nothing to fill it from (see `check_mask`).
        """
        if context not in get_args(Context):
            raise UsageError(f"There is no context '{context}'. Available: {', '.join(get_args(Context))}.")
        check_mask(image, mask)
        exact = to_exact_mode(image)
        x, masks = to_float_tensor(exact, spec.channels), torch.from_numpy(mask).float()[None]
        regions = find_regions(mask, near=spec.height // 4)
        return Plan(exact, mask, x, masks, [_choose_filling(region, spec.height, x, context) for region in regions])

    @property
    def windows(self) -> list[Window]:
        """The windows of all regions, in order."""
        return [window for filling in self.fillings for window in filling.windows]

    def assemble(self, generated: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Puts the regions into the image.

        Args:
            generated: Output of the network for each of `windows`, (C, S, S).

        Returns:
            The image with its holes filled, and the image with everything that the network generated, both
            (C, height, width) in [-1, 1].
        """
        filled, x_g = self.x.clone(), self.x.clone()
        start = 0
        for filling in self.fillings:
            end = start + len(filling.windows)
            patch, region = filling.assemble(self.x, self.masks, generated[start:end]), filling.region
            new = patch.filled[:, *make_relative(region.box, patch.box)]
            filled[:, *region.box] = torch.where(torch.from_numpy(region.mask), new, filled[:, *region.box])
            x_g[:, *patch.box] = torch.where(patch.is_generated, patch.x_g, x_g[:, *patch.box])
            start = end
        return filled, x_g


def check_mask(image: Image.Image, mask: Mask) -> None:
    """Checks that there are holes to fill, and pixels to fill them from.

    Raises:
        UsageError: The mask has another size than the image, or all or none of the pixels are missing.
    """
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
