"""What a trained model costs beside its training, per image: `python tests/benchmarks/inference.py`.

Training steps, evaluation and in-painting take turns in one process, and the fastest of several rounds counts, so that
a machine that does other things too treats them alike.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from PIL import Image

from zoo_core import ImageDataset, Model, Trainer, evaluate
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections
from zoo_core.data.pixels import TensorPixels
from zoo_core.evaluation.evaluate import MASK_SIZES
from zoo_core.inference.inpainting import inpaint_all
from zoo_core.inference.masks import Mask, make_random_mask
from zoo_core.interfaces.plugin_hooks import load_installed_plugins

SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "recipe ccgan": {},
    "64 px, width 64, batch 32": {
        "data": {"image_size": 64},
        "generator": {"width": 64},
        "discriminator": {"width": 64},
        "train": {"batch_size": 32},
    },
}
HEADER = ("settings", "what", "ms an image", "images/s", "training / it")


def main() -> None:
    """Prints one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="the fastest counts")
    parser.add_argument("--images", type=int, default=256, help="test images to measure with")
    asked = parser.parse_args()
    print(_line(HEADER), _line(["---"] * len(HEADER)), sep="\n")
    for name, layer in SETTINGS.items():
        with TemporaryDirectory() as folder:
            for what, cost, ratio in costs(layer, Path(folder), asked.rounds, asked.images):
                print(_line([name, what, f"{1000 * cost:.2f}", f"{1 / cost:.0f}", f"{ratio:.1f}"]), flush=True)


def costs(layer: dict[str, Any], folder: Path, rounds: int, count: int) -> list[tuple[str, float, float]]:
    """What is done, its seconds an image, and how many times as long an image of a training step takes."""
    catalogue = load_installed_plugins().catalogue
    recipe = catalogue.find("recipe", "ccgan")
    composition = Composition.from_settings(
        catalogue, recipe.qualified_name, merge_sections(recipe.load().to_sections(), layer)
    )
    trainer, images = composition.build_trainer(folder / "run"), _first(composition.read_images("test"), count)
    kinds = {"training": partial(_step, trainer), **_uses(trainer, images)}
    fastest = dict.fromkeys(kinds, float("inf"))
    for _ in range(rounds + 1):
        for what, run in kinds.items():
            fastest[what] = min(fastest[what], _seconds_an_image(run))  # type: ignore[arg-type]
    return [(what, cost, fastest["training"] / cost) for what, cost in fastest.items()]


def _uses(trainer: Trainer, images: ImageDataset) -> dict[str, Callable[[], int]]:
    networks = (trainer.training_step.generator, trainer.training_step.discriminator)
    model = Model(*networks, images.classes, None, trainer.runtime.device, "a benchmark")
    measured = partial(evaluate, *networks, trainer.training_step.loss, images)
    return {
        "evaluate": lambda: measured()["images"],
        "evaluate, with hole sizes": lambda: measured(mask_sizes=MASK_SIZES)["images"],
        "inpaint_all": partial(_inpaint, model, images),
    }


def _step(trainer: Trainer) -> int:
    trainer.training_step.train(0, trainer.load_batches(0))
    return trainer.settings.batch_size


def _inpaint(model: Model, images: ImageDataset) -> int:
    model.generator.eval()
    filled = list(inpaint_all(model, _pictures(images)))
    model.generator.train()
    return len(filled)


def _pictures(images: ImageDataset) -> Iterator[tuple[Image.Image, Mask]]:
    """Pictures of the network's own size, each with a square hole at a place of its own."""
    for number, pixels in enumerate(images.pixels.read(torch.arange(len(images)))):
        picture = Image.fromarray(pixels[0].numpy())
        yield picture, make_random_mask(picture, seed=number)


def _first(images: ImageDataset, count: int) -> ImageDataset:
    pixels = TensorPixels(images.pixels.read(torch.arange(min(count, len(images)))))
    return replace(images, pixels=pixels, labels=images.labels[:count])


def _seconds_an_image(run: Callable[[], int]) -> float:
    began = perf_counter()
    count = run()
    return (perf_counter() - began) / count


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
