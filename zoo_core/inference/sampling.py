"""Generates images from noise with a trained run, and writes them as one image."""

from pathlib import Path

import torch
from torch import Tensor

from registry import Catalogue, UsageError, ZooError, unknown_name_error
from zoo_core.evaluation.sample_grid import save_grid, tile_images
from zoo_core.files import check_not_exists
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.capabilities import ClassSampler, Sampler
from zoo_core.interfaces.randomness import StepRandom

COLUMNS = 4


@torch.no_grad()
def generate_samples(run: Path, catalogue: Catalogue, count: int, class_name: str | None, seed: int) -> Tensor:
    """Generates images (count, C, H, W) in [-1, 1] from noise, of one class if `class_name` is given.

    Raises:
        UsageError: The generator cannot generate images from noise or of a given class, or the class is unknown.
    """
    trained = TrainedRun.open(run, catalogue)
    random = StepRandom(seed, 0, "samples", trained.device)
    name = trained.composition.components["generator"].name
    if class_name is not None:
        if not isinstance(trained.generator, ClassSampler):
            raise UsageError(f"The generator {name} is not class-conditional. Leave out `--class`.")
        if class_name not in trained.classes:
            raise unknown_name_error("class", class_name, trained.classes)
        labels = torch.full((count,), trained.classes.index(class_name), device=trained.device)
        return trained.generator.sample_classes(labels, random)
    if not isinstance(trained.generator, Sampler):
        raise UsageError(f"The generator {name} cannot generate images from noise. {run}/samples has its sample grids.")
    return trained.generator.sample(count, random)


def write_samples(images: Tensor, path: Path, overwrite: bool) -> None:
    """Writes images (N, C, H, W) in [-1, 1] in rows of four; the last row is padded with white.

    Raises:
        UsageError: The file exists and must not be replaced.
        ZooError: The file cannot be written.
    """
    check_not_exists(path, overwrite)
    missing = -len(images) % COLUMNS  # in the last row
    padded = torch.cat([images, images.new_ones(missing, *images.shape[1:])])
    try:
        save_grid(tile_images([padded[column::COLUMNS] for column in range(COLUMNS)]), path)
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error
