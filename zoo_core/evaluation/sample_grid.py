"""Grids of images that show what a GAN generates, from the same validation images throughout a run."""

from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from zoo_core.evaluation.evaluate import eval_mode
from zoo_core.interfaces.capabilities import Inpainter, MaskSampler, Sampler, Translator, composite
from zoo_core.interfaces.gan import Generator, Loss
from zoo_core.interfaces.randomness import StepRandom

GRID_ROWS = 8
GAP = 2  # pixels between images
MIN_SIZE = 96  # pixels; smaller images are enlarged


@torch.no_grad()
def make_grid_images(
    generator: Generator, loss: Loss[Any], images: Tensor, labels: Tensor
) -> tuple[list[Tensor], Tensor | None]:
    """Runs the generator on some images.

    Args:
        generator: Is in evaluation mode meanwhile.
        loss: Samples the masks.
        images: (N, C, H, W) in [-1, 1].
        labels: Their classes (N,).

    Returns:
        The columns of the grid, each (N, C, H, W) in [-1, 1], and what the generator generated, (N, C, H, W); no
        columns and None if it has no capability to show. The columns of an in-painter are masked image, x_G, x_I and x;
        those of a translator are image and translation; all columns of a sampler are samples.
    """
    random = StepRandom(0, 0, "sample grid", images.device)
    with eval_mode(generator):
        if isinstance(generator, Inpainter) and isinstance(loss, MaskSampler):
            masks = loss.sample_masks(images, random)
            filled = generator.inpaint(images, masks)
            return make_inpainting_columns(images, masks, filled), filled
        if isinstance(generator, Translator):
            translated = generator.translate(images, labels)
            return [images, translated], translated
        if isinstance(generator, Sampler):
            samples = generator.sample(4 * len(images), random)
            return list(samples.chunk(4)), samples
    return [], None


def make_inpainting_columns(images: Tensor, masks: Tensor, filled: Tensor) -> list[Tensor]:
    """The columns of a grid of in-painted images, (N, C, H, W) each: masked image, x_G, x_I, x."""
    return [images * (1 - masks), filled, composite(images, masks, filled), images]


def tile_images(columns: list[Tensor]) -> Tensor:
    """Columns of images (N, C, H, W) side by side, uint8 (C, height, width); small images are enlarged unsmoothed."""
    zoom = max(1, MIN_SIZE // columns[0].shape[-1])
    grid = torch.stack(columns, dim=1).float().cpu().repeat_interleave(zoom, -1).repeat_interleave(zoom, -2)
    framed = F.pad(grid, (0, GAP, 0, GAP), value=1.0)
    rows, _, channels, height, _ = framed.shape
    tiled = framed.permute(2, 0, 3, 1, 4).reshape(channels, rows * height, -1)
    return tiled.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def save_grid(grid: Tensor, path: Path) -> None:
    """Writes a grid, uint8 (C, height, width), as a PNG file."""
    Image.fromarray(grid.permute(1, 2, 0).squeeze(-1).numpy()).save(path)
