"""Evaluates a run after its last step, and shows its worst and best in-paintings."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from math import isfinite, isnan
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.pixels import to_float_images
from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import BATCH_SIZE, MASK_SIZES, eval_mode, evaluate
from zoo_core.evaluation.inpainting import compute_masked_psnr
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
    """
    ema, loss, device = training_step.ema, training_step.loss, training_step.runtime.device
    validation = data.select_validation()
    result = evaluate(ema.generator, ema.discriminator, loss, validation, device, MASK_SIZES, "fitted")
    directory.write_evaluation({"split": "validation", "weights": ema.weights, **result, "step": step})
    if isinstance(ema.generator, Inpainter) and isinstance(loss, MaskSampler):
        extremes = rank_inpaintings(ema.generator, loss, validation, device)
        _write_extremes(extremes, data.split.validation, directory, step)


@dataclass(frozen=True)
class RankedInpainting:
    """One of the worst or best in-paintings.

    Attributes:
        index: Position of the image in its dataset.
        psnr: PSNR in the hole, in dB.
        row: Its row of a grid, (4, C, H, W) in [-1, 1]: masked image, x_G, x_I, x.
    """

    index: int
    psnr: float
    row: Tensor


@torch.no_grad()
def rank_inpaintings(
    generator: Any, loss: MaskSampler, images: ImageDataset, device: torch.device, count: int = EXTREMES
) -> dict[str, list[RankedInpainting]]:
    """Finds the worst and the best in-paintings of some images by their PSNR in the hole, up to `count` of each.

    The masks depend only on the loss and the position of an image.

    Returns:
        "worst", the worst one first, and "best", the best one first; images without a hole are in neither.
    """
    worst: list[RankedInpainting] = []
    best: list[RankedInpainting] = []
    with eval_mode(generator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH_SIZE)):
            x = to_float_images(images.pixels.read(indices), device)
            masks = loss.sample_masks(x, StepRandom(0, number, "extremes", device))
            filled = generator.inpaint(x, masks)
            psnr = compute_masked_psnr(x, masks, filled).tolist()
            rows = (torch.stack(row).cpu() for row in zip(*make_inpainting_columns(x, masks, filled), strict=True))
            inpaintings = map(RankedInpainting, indices.tolist(), psnr, rows)
            with_hole = [inpainting for inpainting in inpaintings if not isnan(inpainting.psnr)]
            worst = nsmallest(count, worst + with_hole, key=attrgetter("psnr"))
            best = nlargest(count, best + with_hole, key=attrgetter("psnr"))
    return {"worst": worst, "best": best}


def _write_extremes(
    extremes: dict[str, list[RankedInpainting]], positions: Sequence[int], directory: RunDirectory, step: int
) -> None:
    """Writes a grid of the worst and of the best, and the training position and PSNR of each; null is infinite."""
    entries = {
        name: [
            {"position": positions[found.index], "hole_psnr": found.psnr if isfinite(found.psnr) else None}
            for found in inpaintings
        ]
        for name, inpaintings in extremes.items()
    }
    with directory.report_write_errors():
        directory.extremes.mkdir(exist_ok=True)
        for name, inpaintings in extremes.items():
            columns = torch.stack([found.row for found in inpaintings]).unbind(1)
            save_grid(tile_images(list(columns)), directory.extremes / f"{name}.png")
        write_json(directory.extremes_file, {"step": step, **entries})
