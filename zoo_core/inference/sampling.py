"""Samples of a trained run as a picture."""

from math import ceil
from pathlib import Path

import torch
from torch import Tensor

from registry import Catalogue, UsageError, ZooError, unknown
from zoo_core.evaluation.sample_grid import save_grid, tile_images
from zoo_core.files import check_not_exists
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.capabilities import ClassSampler, Sampler
from zoo_core.interfaces.randomness import StepRandom

COLUMNS = 4


@torch.no_grad()
def generate_samples(run: Path, catalogue: Catalogue, count: int, wanted: str | None, seed: int) -> Tensor:
    """Images (count, C, H, W) in [-1, 1] that the generator of a run makes.

    Args:
        run: Folder of the run.
        catalogue: Where its components are.
        count: How many images.
        wanted: Name of a class, for a generator that knows classes.
        seed: Decides the noise.

    Raises:
        UsageError: The generator makes no samples, or knows no such class.
    """
    trained = TrainedRun.open(run, catalogue)
    random = StepRandom(seed, 0, "samples", trained.device)
    name = trained.composition.components["generator"].name
    if wanted is not None and isinstance(trained.generator, ClassSampler):
        if wanted not in trained.classes:
            raise unknown("class", wanted, trained.classes)
        labels = torch.full((count,), trained.classes.index(wanted), device=trained.device)
        return trained.generator.sample_classes(labels, random)
    if wanted is not None:
        raise UsageError(f"The generator {name} knows no classes. Leave `--class` out.")
    if not isinstance(trained.generator, Sampler):
        raise UsageError(f"The generator {name} makes no images from noise. Pictures of its run: {run}/samples.")
    return trained.generator.sample(count, random)


def write_samples(images: Tensor, path: Path, overwrite: bool) -> None:
    """Writes images (N, C, H, W) in [-1, 1], four in a row, the last row filled up with white.

    Raises:
        UsageError: The file exists and may not be replaced.
        ZooError: It cannot be written.
    """
    check_not_exists(path, overwrite)
    rows = ceil(len(images) / COLUMNS)
    missing = rows * COLUMNS - len(images)
    filled = torch.cat([images, images.new_ones(missing, *images.shape[1:])])
    try:
        save_grid(tile_images([filled[column::COLUMNS] for column in range(COLUMNS)]), path)
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error
