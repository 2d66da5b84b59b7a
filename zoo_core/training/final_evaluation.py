"""The in-paintings that went worst and best."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.pixels import to_float_images
from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import BATCH, MASK_SIZES, eval_mode, evaluate
from zoo_core.evaluation.inpainting import RANGE
from zoo_core.evaluation.sample_grid import make_inpainting_columns, save_grid, tile_images
from zoo_core.files import write_json
from zoo_core.interfaces.capabilities import Inpainter, MaskSampler
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.training_step import GANTrainingStep

SHOWN = 6  # of each


@dataclass(frozen=True)
class RankedInpaintings:
    """Some in-paintings, the most extreme first.

    Attributes:
        rows: What a picture shows of each, (N, 4, C, H, W) in [-1, 1]: with the hole, x_G, x_I, x.
        psnr: Inside the hole of each, in dB, (N,).
        indices: Which images they are, int64 (N,).
    """

    rows: Tensor
    psnr: Tensor
    indices: Tensor

    @staticmethod
    def together(some: Sequence["RankedInpaintings"]) -> "RankedInpaintings":
        """All of them, one after the other."""
        return RankedInpaintings(*(torch.cat(parts) for parts in zip(*(one._parts for one in some), strict=True)))

    def first(self, count: int, *, descending: bool) -> "RankedInpaintings":
        """Those with the lowest or highest PSNR."""
        order = torch.argsort(self.psnr, descending=descending, stable=True)[:count]
        return RankedInpaintings(*(part[order] for part in self._parts))

    @property
    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.rows, self.psnr, self.indices


@torch.no_grad()
def rank_inpaintings(
    generator: Any, loss: MaskSampler, images: ImageDataset, device: torch.device, count: int = SHOWN
) -> dict[str, RankedInpaintings]:
    """The worst and the best in-paintings of some images, by the PSNR inside the hole of each.

    Args:
        generator: An `Inpainter`; put into evaluation mode for this.
        loss: Says where holes are; they depend on it and the position alone.
        images: What is in-painted.
        device: Where the networks are.
        count: At most how many of each.

    Returns:
        "worst", from the worst on, and "best", from the best on. An image that got no hole is in neither.
    """
    worst, best = [], []
    with eval_mode(generator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH)):
            x = to_float_images(images.pixels.read(indices), device)
            masks = loss.sample_masks(x, StepRandom(0, number, "extremes", device))
            some = _inpainted(generator, x, masks, indices)
            worst.append(some.first(count, descending=False))
            best.append(some.first(count, descending=True))
    return {
        "worst": RankedInpaintings.together(worst).first(count, descending=False),
        "best": RankedInpaintings.together(best).first(count, descending=True),
    }


def masked_psnr(x: Tensor, masks: Tensor, filled: Tensor) -> Tensor:
    """PSNR inside the hole of each image, in dB, (N,); no number where there is no hole, infinite where all is right.

    Args:
        x: (N, C, H, W) in [-1, 1].
        masks: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W) in [-1, 1].
    """
    inside = masks.expand_as(x).flatten(1)
    squares = (filled - x).square().flatten(1) * inside
    return 10 * torch.log10(RANGE**2 / (squares.sum(1) / inside.sum(1)))


def _inpainted(generator: Inpainter, x: Tensor, masks: Tensor, indices: Tensor) -> RankedInpaintings:
    filled = generator.inpaint(x, masks)
    rows, psnr = (
        torch.stack(make_inpainting_columns(x, masks, filled), dim=1).cpu(),
        masked_psnr(x, masks, filled).cpu(),
    )
    has_hole = ~psnr.isnan()
    return RankedInpaintings(rows[has_hole], psnr[has_hole], indices[has_hole])


def write_final_evaluation(
    training_step: GANTrainingStep, data: TrainingData, directory: RunDirectory, step: int
) -> None:
    """Measures the validation images as `zoo evaluate` does, and shows the best and the worst in-paintings of them.

    It reads nothing but the weights, so a run that is killed here concludes when it is started again.

    Args:
        game: After the last step.
        data: Its validation images are used.
        directory: Where the measures and pictures are kept.
        step: The last one.

    Raises:
        ZooError: The folder cannot be written.
    """
    generator, discriminator, device = (
        training_step.ema.generator,
        training_step.ema.discriminator,
        training_step.runtime.device,
    )
    weights = "ema" if training_step.ema.networks else "raw"
    held_out = data.validation()
    measured = evaluate(generator, discriminator, training_step.loss, held_out, device, MASK_SIZES, "fitted")
    directory.write_evaluation({"split": "validation", "weights": weights, **measured, "step": step})
    if isinstance(generator, Inpainter) and isinstance(training_step.loss, MaskSampler):
        extremes = rank_inpaintings(generator, training_step.loss, held_out, device)
        _keep(extremes, data.split.validation, directory, step)


def _keep(extremes: dict[str, RankedInpaintings], positions: Sequence[int], directory: RunDirectory, step: int) -> None:
    """Writes a picture of each extreme, and which training images it shows with which PSNR; null is infinite."""
    listed = {
        name: [
            {"position": positions[index], "hole_psnr": psnr if isfinite(psnr) else None}
            for index, psnr in zip(extreme.indices.tolist(), extreme.psnr.tolist(), strict=True)
        ]
        for name, extreme in extremes.items()
    }
    with directory.report_write_errors():
        directory.extremes.mkdir(exist_ok=True)
        for name, extreme in extremes.items():
            save_grid(tile_images(list(extreme.rows.unbind(1))), directory.extremes / f"{name}.png")
        write_json(directory.extremes_file, {"step": step, **listed})
