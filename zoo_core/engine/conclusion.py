"""What a run leaves behind after its last step, so that all about it can be told without its data."""

from collections.abc import Sequence
from math import isfinite

from zoo_core.contract.capabilities import HoleMaker, Inpainter
from zoo_core.engine.data.training_data import TrainingData
from zoo_core.engine.evaluation import HOLE_SIZES, evaluate
from zoo_core.engine.extremes import Extreme, extreme_inpaintings
from zoo_core.engine.files import write_json
from zoo_core.engine.game import Game
from zoo_core.engine.run_directory import RunDirectory
from zoo_core.engine.samples import save_picture, tiled


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
