"""Evaluates a run after its last step, and shows its worst and best in-paintings."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.pixels import to_float_images
from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import BATCH_SIZE, MASK_SIZES, eval_mode, evaluate
from zoo_core.evaluation.inpainting import DATA_RANGE
from zoo_core.evaluation.sample_grid import make_inpainting_columns, save_grid, tile_images
from zoo_core.files import write_json
from zoo_core.interfaces.capabilities import Inpainter, MaskSampler
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.training_step import GANTrainingStep

EXTREMES = 6  # of the worst and of the best in-paintings each


def write_final_evaluation(
    training_step: GANTrainingStep, data: TrainingData, directory: RunDirectory, step: int
) -> None:
    """Evaluates on the validation images as `zoo evaluate` does, and shows the worst and best in-paintings of them.

    This depends only on the weights, so a run that is killed meanwhile repeats it when it is started again.

    Args:
        training_step: After the last step.
        data: Its validation images are used.
        directory: Where results are written.
        step: The number of steps done.

    Raises:
        ZooError: The folder cannot be written.
    """
    ema, loss, device = training_step.ema, training_step.loss, training_step.runtime.device
    validation = data.select_validation()
    result = evaluate(ema.generator, ema.discriminator, loss, validation, device, MASK_SIZES, "fitted")
    directory.write_evaluation({"split": "validation", "weights": ema.weights, **result, "step": step})
    if isinstance(ema.generator, Inpainter) and isinstance(loss, MaskSampler):
        extremes = rank_inpaintings(ema.generator, loss, validation, device)
        _write_extremes(extremes, data.split.validation, directory, step)


@dataclass(frozen=True)
class RankedInpaintings:
    """In-paintings sorted by their PSNR.

    Attributes:
        rows: A row of a grid for each, (N, 4, C, H, W) in [-1, 1]: masked image, x_G, x_I, x.
        psnr: PSNR in the hole, in dB, (N,).
        indices: Positions of the images in their dataset, int64 (N,).
    """

    rows: Tensor
    psnr: Tensor
    indices: Tensor

    @staticmethod
    def concatenate(parts: Sequence["RankedInpaintings"]) -> "RankedInpaintings":
        """Joins several of them, without sorting."""
        return RankedInpaintings(
            torch.cat([part.rows for part in parts]),
            torch.cat([part.psnr for part in parts]),
            torch.cat([part.indices for part in parts]),
        )

    def select(self, count: int, *, descending: bool) -> "RankedInpaintings":
        """The in-paintings with the lowest or highest PSNR, sorted."""
        order = torch.argsort(self.psnr, descending=descending, stable=True)[:count]
        return RankedInpaintings(self.rows[order], self.psnr[order], self.indices[order])


@torch.no_grad()
def rank_inpaintings(
    generator: Any, loss: MaskSampler, images: ImageDataset, device: torch.device, count: int = EXTREMES
) -> dict[str, RankedInpaintings]:
    """Finds the worst and the best in-paintings of some images by their PSNR in the hole.

    Args:
        generator: An `Inpainter`; is in evaluation mode meanwhile.
        loss: Samples the masks, which depend only on it and the position of an image.
        images: Images to in-paint.
        device: Where the networks are.
        count: Maximum number of each.

    Returns:
        "worst", the worst one first, and "best", the best one first; images without a hole are in neither.
    """
    worst, best = [], []
    with eval_mode(generator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH_SIZE)):
            x = to_float_images(images.pixels.read(indices), device)
            masks = loss.sample_masks(x, StepRandom(0, number, "extremes", device))
            inpaintings = _inpaint(generator, x, masks, indices)
            worst.append(inpaintings.select(count, descending=False))
            best.append(inpaintings.select(count, descending=True))
    return {
        "worst": RankedInpaintings.concatenate(worst).select(count, descending=False),
        "best": RankedInpaintings.concatenate(best).select(count, descending=True),
    }


def compute_masked_psnr(x: Tensor, masks: Tensor, filled: Tensor) -> Tensor:
    """PSNR in the hole of each image, in dB, (N,); NaN without a hole, infinite for a perfect result.

    Args:
        x: (N, C, H, W) in [-1, 1].
        masks: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W) in [-1, 1].
    """
    inside = masks.expand_as(x).flatten(1)
    squares = (filled - x).square().flatten(1) * inside
    return 10 * torch.log10(DATA_RANGE**2 / (squares.sum(1) / inside.sum(1)))


def _inpaint(generator: Inpainter, x: Tensor, masks: Tensor, indices: Tensor) -> RankedInpaintings:
    filled = generator.inpaint(x, masks)
    rows = torch.stack(make_inpainting_columns(x, masks, filled), dim=1).cpu()
    psnr = compute_masked_psnr(x, masks, filled).cpu()
    has_hole = ~psnr.isnan()
    return RankedInpaintings(rows[has_hole], psnr[has_hole], indices[has_hole])


def _write_extremes(
    extremes: dict[str, RankedInpaintings], positions: Sequence[int], directory: RunDirectory, step: int
) -> None:
    """Writes a grid of the worst and of the best, and the training position and PSNR of each; null is infinite."""
    entries = {
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
        write_json(directory.extremes_file, {"step": step, **entries})
