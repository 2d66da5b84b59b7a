"""How long the zoo trains until it is as good as the listing is after its training.

    python tests/benchmarks/quality.py --data-root DIR

DIR holds FashionMNIST/ as torchvision lays it out. The listing is given the same batches, ready as floats, and their
labels, of which it leaves those out that are not granted. Both are measured on the same validation images with the same
holes, by `zoo_core.evaluate`. The clock runs while they train and stands still while they are measured.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from listing import Listing, Options
from timing import markdown
from torch import Tensor

from zoo_core import Discriminator, Generator, ImageSpec, Trainer, evaluate
from zoo_core.cli.bench import UNWRITABLE_DIR
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections
from zoo_core.interfaces.plugin_hooks import load_installed_plugins

MEASURES = ("hole_psnr", "accuracy")


@dataclass(frozen=True)
class Point:
    """Where a training stands.

    Attributes:
        step: Steps so far.
        seconds: Of training so far.
        measures: On the validation images, by name.
    """

    step: int
    seconds: float
    measures: Mapping[str, float]

    def reaches(self, goal: "Point") -> bool:
        """Whether every measure is at least as good as there."""
        return all(self.measures[name] >= goal.measures[name] for name in MEASURES)


class ListingFills(Generator):
    """The listing's generator, asked as the zoo asks: holes are black, as it has learnt them."""

    def __init__(self, spec: ImageSpec, peer: Listing) -> None:
        super().__init__(spec)
        self.network = peer.generator

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        filled: Tensor = self.network((1 - masks) * images - masks)
        return filled


class ListingTells(Discriminator):
    """The listing's critic, asked as the zoo asks: the logarithm of its probabilities is what it has for logits."""

    def __init__(self, spec: ImageSpec, peer: Listing) -> None:
        super().__init__(spec)
        self.network = peer.discriminator

    def classify(self, images: Tensor) -> Tensor:
        _, probabilities = self.network(images)
        return probabilities.clamp(min=1e-30).log()


@dataclass(frozen=True)
class Side:
    """One of the two.

    Attributes:
        name: Its label in the table.
        learn: Takes the step with a number, and returns its seconds.
        measure: Measures what it has learnt.
    """

    name: str
    learn: Callable[[int], float]
    measure: Callable[[], dict[str, float]]


def main() -> None:
    """Trains the one, then the other until it is as good, and prints both."""
    asked = parsed()
    goal = train(listing_side(asked), asked.steps, asked.every)
    ours = train(zoo_side(asked), asked.most, asked.every, goal)
    print(report(asked, goal, ours))


def listing_side(asked: argparse.Namespace) -> Side:
    """The listing, on the batches of a trainer of the recipe."""
    like = trainer(asked)
    spec = like.data.spec
    torch.manual_seed(asked.seed)
    np.random.seed(asked.seed)
    peer = Listing(Options(spec.height, spec.channels, spec.classes, asked.width, asked.lr))

    def learn(number: int) -> float:
        batch = like.load_batch(number)
        images = batch.images.contiguous()
        return seconds_of(lambda: peer.step(images, batch.labels))

    return Side("listing", learn, lambda: measured(like, ListingFills(spec, peer), ListingTells(spec, peer)))


def zoo_side(asked: argparse.Namespace) -> Side:
    """The recipe, which also has to make its batches."""
    trained = trainer(asked)
    averages = trained.training_step.ema
    return Side(
        asked.recipe,
        lambda number: seconds_of(lambda: trained.training_step.train(number, trained.load_batches(number))),
        lambda: measured(trained, averages.generator, averages.discriminator),
    )


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--recipe", default="ccgan")
    parser.add_argument("--width", type=int, default=16, help="of both")
    parser.add_argument("--batch", type=int, default=64, help="images in a step of both")
    parser.add_argument("--steps", type=int, default=2000, help="of the listing")
    parser.add_argument("--most", type=int, default=2000, help="steps of the recipe at most")
    parser.add_argument("--every", type=int, default=50, help="steps between two measurements of either")
    parser.add_argument("--lr", type=float, default=Options.lr, help="of the listing, which gives none")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def trainer(asked: argparse.Namespace) -> Trainer:
    """A trainer of the recipe, as `zoo train` would build it."""
    catalogue = load_installed_plugins().catalogue
    width = {"width": asked.width}
    layer: dict[str, dict[str, Any]] = {
        "data": {"name": asked.data, "root": asked.data_root, "labels": asked.labels},
        "generator": width,
        "discriminator": width,
        "train": {"batch_size": asked.batch, "steps": asked.most, "seed": asked.seed, "device": "cpu"},
    }
    recipe = catalogue.find("recipe", asked.recipe).load().to_sections()
    composition = Composition.from_settings(catalogue, asked.recipe, merge_sections(recipe, layer))
    return composition.build_trainer(UNWRITABLE_DIR)


def seconds_of(step: Callable[[], object]) -> float:
    """What a step takes."""
    began = perf_counter()
    step()
    return perf_counter() - began


def measured(trained: Trainer, generator: Generator, discriminator: Discriminator) -> dict[str, float]:
    """What is compared, on the validation images."""
    result = evaluate(generator, discriminator, trained.training_step.loss, trained.data.select_validation())
    return {name: float(result[name]) for name in MEASURES}


def train(side: Side, steps: int, every: int, goal: Point | None = None) -> Point:
    """Trains for some steps, or until a goal is reached; tells every measurement on standard error.

    Args:
        side: Which one.
        steps: How many at most.
        every: How many between two measurements.
        goal: Where to end.
    """
    seconds = 0.0
    for step in range(1, steps + 1):
        seconds += side.learn(step - 1)
        if step % every == 0 or step == steps:
            point = Point(step, seconds, side.measure())
            print(f"{side.name}: step {step}, {seconds:.1f} s, {in_words(point)}", file=sys.stderr)
            if goal and point.reaches(goal):
                break
    return point


def in_words(point: Point) -> str:
    """Both measures with their units."""
    return f"{point.measures['hole_psnr']:.2f} dB, {100 * point.measures['accuracy']:.1f} %"


def report(asked: argparse.Namespace, goal: Point, ours: Point) -> str:
    """The comparison as a table, and the ratio of seconds where the goal was reached."""
    rows = [
        (name, str(point.step), f"{point.seconds:.1f}", *in_words(point).split(", "))
        for name, point in (("listing", goal), (asked.recipe, ours))
    ]
    table = markdown(("", "steps", "seconds of training", "hole PSNR", "accuracy"), rows)
    end = (
        f"The listing takes {goal.seconds / ours.seconds:.1f} times as long."
        if ours.reaches(goal)
        else f"{asked.recipe} has not reached both measures."
    )
    return f"{asked.data}, width {asked.width}, batch {asked.batch}, seed {asked.seed}\n\n{table}\n\n{end}"


if __name__ == "__main__":
    main()
