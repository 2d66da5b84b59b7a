"""Compares the time of evaluation and in-painting with that of training: `python tests/benchmarks/inference.py`.

Training steps, evaluation and in-painting run in turns in one process, so that a disturbance affects all of them alike.
The fastest of several rounds counts. Times are per image.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from PIL import Image
from timing import format_row

from zoo_core import ImageDataset, Model, Trainer, evaluate
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections
from zoo_core.data.pixels import TensorPixels
from zoo_core.evaluation.evaluate import MASK_SIZES
from zoo_core.inference.inpainting import inpaint_all
from zoo_core.inference.masks import Mask, make_random_mask
from zoo_core.interfaces.hooks import load_installed_plugins

SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "recipe ccgan": {},
    "64 px, width 64, batch 32": {
        "data": {"image_size": 64},
        "generator": {"width": 64},
        "discriminator": {"width": 64},
        "train": {"batch_size": 32},
    },
}
HEADER = ("settings", "operation", "ms per image", "images/s", "training / operation")


def main() -> None:
    """Prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="number of rounds, of which the fastest counts")
    parser.add_argument("--images", type=int, default=256, help="number of test images to process")
    args = parser.parse_args()
    print(format_row(HEADER), format_row(["---"] * len(HEADER)), sep="\n")
    for name, sections in SETTINGS.items():
        with TemporaryDirectory() as folder:
            seconds = measure_seconds_per_image(sections, Path(folder), args.rounds, args.images)
        for operation, cost in seconds.items():
            figures = f"{1000 * cost:.2f}", f"{1 / cost:.0f}", f"{seconds['training'] / cost:.1f}"
            print(format_row([name, operation, *figures]), flush=True)


def measure_seconds_per_image(sections: dict[str, Any], folder: Path, rounds: int, count: int) -> dict[str, float]:
    """Measures training, evaluation and in-painting on `count` test images; returns seconds by operation."""
    catalogue = load_installed_plugins().catalogue
    recipe = catalogue.find("recipe", "ccgan")
    settings = merge_sections(recipe.load().to_sections(), sections)
    composition = Composition.from_settings(catalogue, recipe.qualified_name, settings)
    operations = prepare_operations(
        composition.build_trainer(folder / "run"), select_first(composition.read_images("test"), count)
    )
    fastest = dict.fromkeys(operations, float("inf"))
    for _ in range(rounds + 1):
        for name, operation in operations.items():
            fastest[name] = min(fastest[name], time_per_image(operation))
    return fastest


def prepare_operations(trainer: Trainer, images: ImageDataset) -> dict[str, Callable[[], int]]:
    """Returns functions that run an operation once, and return how many images it processed."""
    networks = (trainer.training_step.generator, trainer.training_step.discriminator)
    model = Model(*networks, images.classes, None, trainer.runtime.device, "a benchmark")
    evaluate_networks = partial(evaluate, *networks, trainer.training_step.loss, images)
    return {
        "training": partial(train, trainer),
        "evaluate": lambda: int(evaluate_networks()["images"]),
        "evaluate, with hole sizes": lambda: int(evaluate_networks(mask_sizes=MASK_SIZES)["images"]),
        "inpaint_all": partial(inpaint, model, images),
    }


def train(trainer: Trainer) -> int:
    """Runs one training step."""
    trainer.training_step.train(0, trainer.load_batches(0))
    return trainer.settings.batch_size


def inpaint(model: Model, images: ImageDataset) -> int:
    """In-paints all images."""
    model.generator.eval()
    results = list(inpaint_all(model, add_masks(images)))
    model.generator.train()
    return len(results)


def add_masks(images: ImageDataset) -> Iterator[tuple[Image.Image, Mask]]:
    """Yields each image with a square mask at a random position."""
    for number, pixels in enumerate(images.pixels.read(torch.arange(len(images)))):
        image = Image.fromarray(pixels[0].numpy())
        yield image, make_random_mask(image, seed=number)


def select_first(images: ImageDataset, count: int) -> ImageDataset:
    """The first images of a dataset."""
    pixels = TensorPixels(images.pixels.read(torch.arange(min(count, len(images)))))
    return replace(images, pixels=pixels, labels=images.labels[:count])


def time_per_image(operation: Callable[[], int]) -> float:
    """Runs an operation and returns its seconds per image."""
    started = perf_counter()
    count = operation()
    return (perf_counter() - started) / count


if __name__ == "__main__":
    main()
