"""The in-paintings that went worst and best."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import BATCH, HOLE_SIZES, as_floats, evaluate, evaluating
from zoo_core.evaluation.inpainting import RANGE
from zoo_core.evaluation.sample_grid import inpainting_columns, save_picture, tiled
from zoo_core.files import write_json
from zoo_core.interfaces.capabilities import HoleMaker, Inpainter
from zoo_core.interfaces.dataset import ImageSet
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.training_step import Game

SHOWN = 6  # of each


@dataclass(frozen=True)
class Extreme:
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
    def together(some: Sequence["Extreme"]) -> "Extreme":
        """All of them, one after the other."""
        return Extreme(*(torch.cat(parts) for parts in zip(*(one._parts for one in some), strict=True)))

    def first(self, count: int, *, descending: bool) -> "Extreme":
        """Those with the lowest or highest PSNR."""
        order = torch.argsort(self.psnr, descending=descending, stable=True)[:count]
        return Extreme(*(part[order] for part in self._parts))

    @property
    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.rows, self.psnr, self.indices


@torch.no_grad()
def extreme_inpaintings(
    generator: Any, loss: HoleMaker, images: ImageSet, device: torch.device, count: int = SHOWN
) -> dict[str, Extreme]:
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
    with evaluating(generator):
        for number, indices in enumerate(torch.split(torch.arange(len(images)), BATCH)):
            x = as_floats(images.pixels.read(indices), device)
            holes = loss.make_holes(x, StepRandom(0, number, "extremes", device))
            some = _inpainted(generator, x, holes, indices)
            worst.append(some.first(count, descending=False))
            best.append(some.first(count, descending=True))
    return {
        "worst": Extreme.together(worst).first(count, descending=False),
        "best": Extreme.together(best).first(count, descending=True),
    }


def hole_psnr(x: Tensor, holes: Tensor, filled: Tensor) -> Tensor:
    """PSNR inside the hole of each image, in dB, (N,); no number where there is no hole, infinite where all is right.

    Args:
        x: (N, C, H, W) in [-1, 1].
        holes: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W) in [-1, 1].
    """
    inside = holes.expand_as(x).flatten(1)
    squares = (filled - x).square().flatten(1) * inside
    return 10 * torch.log10(RANGE**2 / (squares.sum(1) / inside.sum(1)))


def _inpainted(generator: Inpainter, x: Tensor, holes: Tensor, indices: Tensor) -> Extreme:
    filled = generator.inpaint(x, holes)
    rows, psnr = torch.stack(inpainting_columns(x, holes, filled), dim=1).cpu(), hole_psnr(x, holes, filled).cpu()
    has_hole = ~psnr.isnan()
    return Extreme(rows[has_hole], psnr[has_hole], indices[has_hole])


def conclude(game: Game, data: TrainingData, directory: RunDirectory, step: int) -> None:
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
    generator, discriminator, device = game.averages.generator, game.averages.discriminator, game.runtime.device
    weights = "averaged" if game.averages.networks else "raw"
    held_out = data.validation()
    measured = evaluate(generator, discriminator, game.loss, held_out, device, HOLE_SIZES, "fitted")
    directory.keep_evaluation({"split": "validation", "weights": weights, **measured, "step": step})
    if isinstance(generator, Inpainter) and isinstance(game.loss, HoleMaker):
        extremes = extreme_inpaintings(generator, game.loss, held_out, device)
        _keep(extremes, data.split.validation, directory, step)


def _keep(extremes: dict[str, Extreme], positions: Sequence[int], directory: RunDirectory, step: int) -> None:
    """Writes a picture of each extreme, and which training images it shows with which PSNR; null is infinite."""
    listed = {
        name: [
            {"position": positions[index], "hole_psnr": psnr if isfinite(psnr) else None}
            for index, psnr in zip(extreme.indices.tolist(), extreme.psnr.tolist(), strict=True)
        ]
        for name, extreme in extremes.items()
    }
    with directory.writing():
        directory.extremes.mkdir(exist_ok=True)
        for name, extreme in extremes.items():
            save_picture(tiled(list(extreme.rows.unbind(1))), directory.extremes / f"{name}.png")
        write_json(directory.extremes_file, {"step": step, **listed})
