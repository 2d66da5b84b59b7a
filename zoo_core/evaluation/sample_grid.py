"""Pictures of what a GAN does, on the same held-out images all through a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from zoo_core.evaluation.evaluate import evaluating
from zoo_core.interfaces.capabilities import HoleMaker, Inpainter, Sampler, Translator, composite
from zoo_core.interfaces.gan import Generator, Loss
from zoo_core.interfaces.randomness import StepRandom

GAP = 2
SHOWN = 8
LEGIBLE = 96


@dataclass(frozen=True)
class MadeImages:
    """What a generator made of some images.

    Attributes:
        columns: Of the picture that shows it, each (N, C, H, W) in [-1, 1].
        new: What the generator drew itself, (N, C, H, W).
    """

    columns: list[Tensor]
    new: Tensor


@torch.no_grad()
def made_images(generator: Generator, loss: Loss[Any], images: Tensor, labels: Tensor) -> MadeImages | None:
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
    with evaluating(generator):
        if isinstance(generator, Inpainter) and isinstance(loss, HoleMaker):
            holes = loss.make_holes(images, random)
            filled = generator.inpaint(images, holes)
            return MadeImages(inpainting_columns(images, holes, filled), filled)
        if isinstance(generator, Translator):
            translated = generator.translate(images, labels)
            return MadeImages([images, translated], translated)
        if isinstance(generator, Sampler):
            samples = generator.sample(4 * len(images), random)
            return MadeImages(list(samples.chunk(4)), samples)
    return None


def inpainting_columns(images: Tensor, holes: Tensor, filled: Tensor) -> list[Tensor]:
    """Columns of a picture of in-painted images, (N, C, H, W) each: with the hole, x_G, x_I, x."""
    return [images * (1 - holes), filled, composite(images, holes, filled), images]


def save_picture(picture: Tensor, path: Path) -> None:
    """Writes uint8 (C, height, width) as a PNG file."""
    Image.fromarray(picture.permute(1, 2, 0).squeeze(-1).numpy()).save(path)


def sample_grid(made: MadeImages) -> Tensor:
    """One picture of it, uint8 (C, height, width), a row for each image."""
    return tiled(made.columns)


def tiled(columns: list[Tensor]) -> Tensor:
    """Columns of images (N, C, H, W) side by side as uint8 (C, height, width), small ones enlarged unsmoothed."""
    zoom = max(1, LEGIBLE // columns[0].shape[-1])
    grid = torch.stack(columns, dim=1).float().cpu().repeat_interleave(zoom, -1).repeat_interleave(zoom, -2)
    framed = F.pad(grid, (0, GAP, 0, GAP), value=1.0)
    rows, _, channels, height, _ = framed.shape
    sheet = framed.permute(2, 0, 3, 1, 4).reshape(channels, rows * height, -1)
    return sheet.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
