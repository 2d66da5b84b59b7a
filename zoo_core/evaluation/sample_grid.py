"""Pictures of what a GAN does, on the same held-out images all through a run."""

from dataclasses import dataclass
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

GAP = 2
SHOWN = 8
LEGIBLE = 96


@dataclass(frozen=True)
class GridImages:
    """What a generator made of some images.

    Attributes:
        columns: Of the picture that shows it, each (N, C, H, W) in [-1, 1].
        new: What the generator drew itself, (N, C, H, W).
    """

    columns: list[Tensor]
    new: Tensor


@torch.no_grad()
def make_grid_images(generator: Generator, loss: Loss[Any], images: Tensor, labels: Tensor) -> GridImages | None:
    """What the generator does with held-out images, or None where it has no capability to show.

    An in-painter fills holes in them: masked | x_G | x_I | x. A translator shows image and translation, a sampler
    shows samples.

    Args:
        generator: Put into evaluation mode for this.
        loss: Says where holes are.
        images: (N, C, H, W) in [-1, 1].
        labels: Their classes (N,).
    """
    random = StepRandom(0, 0, "sample grid", images.device)
    with eval_mode(generator):
        if isinstance(generator, Inpainter) and isinstance(loss, MaskSampler):
            masks = loss.sample_masks(images, random)
            filled = generator.inpaint(images, masks)
            return GridImages(make_inpainting_columns(images, masks, filled), filled)
        if isinstance(generator, Translator):
            translated = generator.translate(images, labels)
            return GridImages([images, translated], translated)
        if isinstance(generator, Sampler):
            samples = generator.sample(4 * len(images), random)
            return GridImages(list(samples.chunk(4)), samples)
    return None


def make_inpainting_columns(images: Tensor, masks: Tensor, filled: Tensor) -> list[Tensor]:
    """Columns of a picture of in-painted images, (N, C, H, W) each: with the hole, x_G, x_I, x."""
    return [images * (1 - masks), filled, composite(images, masks, filled), images]


def save_grid(picture: Tensor, path: Path) -> None:
    """Writes uint8 (C, height, width) as a PNG file."""
    Image.fromarray(picture.permute(1, 2, 0).squeeze(-1).numpy()).save(path)


def draw_sample_grid(made: GridImages) -> Tensor:
    """One picture of it, uint8 (C, height, width), a row for each image."""
    return tile_images(made.columns)


def tile_images(columns: list[Tensor]) -> Tensor:
    """Columns of images (N, C, H, W) side by side as uint8 (C, height, width), small ones enlarged unsmoothed."""
    zoom = max(1, LEGIBLE // columns[0].shape[-1])
    grid = torch.stack(columns, dim=1).float().cpu().repeat_interleave(zoom, -1).repeat_interleave(zoom, -2)
    framed = F.pad(grid, (0, GAP, 0, GAP), value=1.0)
    rows, _, channels, height, _ = framed.shape
    sheet = framed.permute(2, 0, 3, 1, 4).reshape(channels, rows * height, -1)
    return sheet.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
