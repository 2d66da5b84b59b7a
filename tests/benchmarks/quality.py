"""Measures how long a recipe trains until it is as good as the published listing after its training.

    python tests/benchmarks/quality.py --data-root DIR

DIR contains the folder FashionMNIST/ as torchvision stores it. The listing is trained on the same batches, already in
memory, and its class loss ignores unlabelled images. Both are evaluated on the same validation images with the same
masks, by `zoo_core.evaluate`. Only the time of training counts, not that of evaluation.
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
from timing import format_table
from torch import Tensor

from zoo_core import Discriminator, Generator, ImageSpec, Trainer, evaluate
from zoo_core.cli.bench import UNWRITABLE_DIR
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections
from zoo_core.interfaces.hooks import load_installed_plugins

METRICS = ("hole_psnr", "accuracy")


@dataclass(frozen=True)
class Progress:
    """The state of a training.

    Attributes:
        step: Number of steps so far.
        seconds: Seconds of training so far.
        metrics: Metrics on the validation images, by name.
    """

    step: int
    seconds: float
    metrics: Mapping[str, float]

    def reaches(self, goal: "Progress") -> bool:
        """Whether all metrics are at least as high as those of the goal."""
        return all(self.metrics[name] >= goal.metrics[name] for name in METRICS)


class ListingGenerator(Generator):
    """The listing's generator with the interface of the zoo; missing pixels are black, as in its training."""

    def __init__(self, spec: ImageSpec, listing: Listing) -> None:
        super().__init__(spec)
        self.network = listing.generator

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        generated: Tensor = self.network((1 - masks) * images - masks)
        return generated


class ListingDiscriminator(Discriminator):
    """The listing's critic with the interface of the zoo; the logarithms of its probabilities are the logits."""

    def __init__(self, spec: ImageSpec, listing: Listing) -> None:
        super().__init__(spec)
        self.network = listing.discriminator

    def classify(self, images: Tensor) -> Tensor:
        _, probabilities = self.network(images)
        return probabilities.clamp(min=1e-30).log()


@dataclass(frozen=True)
class Training:
    """One of the two trainings that are compared.

    Attributes:
        name: Its label in the table.
        run_step: Runs the step with a given number, and returns its seconds.
        evaluate: Returns the present metrics on the validation images.
    """

    name: str
    run_step: Callable[[int], float]
    evaluate: Callable[[], dict[str, float]]


def main() -> None:
    """Trains the listing, then the recipe until it is as good, and prints both results."""
    args = parse_arguments()
    goal = train(prepare_listing(args), args.steps, args.every)
    result = train(prepare_recipe(args), args.most, args.every, goal)
    print(format_report(args, goal, result))


def prepare_listing(args: argparse.Namespace) -> Training:
    """Prepares the listing, on the batches of a trainer of the recipe."""
    trainer = build_trainer(args)
    spec = trainer.data.spec
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)
    listing = Listing(Options(spec.height, spec.channels, spec.classes, args.width, args.lr))
    networks = ListingGenerator(spec, listing), ListingDiscriminator(spec, listing)

    def run_step(step: int) -> float:
        batch = trainer.load_batch(step)
        images = batch.images.contiguous()
        return time_call(lambda: listing.train(images, batch.labels))

    return Training("listing", run_step, lambda: evaluate_networks(trainer, *networks))


def prepare_recipe(args: argparse.Namespace) -> Training:
    """Prepares the recipe; the time to load its batches is included."""
    trainer = build_trainer(args)
    ema = trainer.training_step.ema
    return Training(
        args.recipe,
        lambda step: time_call(lambda: trainer.training_step.train(step, trainer.load_batches(step))),
        lambda: evaluate_networks(trainer, ema.generator, ema.discriminator),
    )


def parse_arguments() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="fashion-mnist")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--recipe", default="ccgan")
    parser.add_argument("--width", type=int, default=16, help="width of the networks of both")
    parser.add_argument("--batch", type=int, default=64, help="images in a step of both")
    parser.add_argument("--steps", type=int, default=2000, help="number of steps of the listing")
    parser.add_argument("--most", type=int, default=2000, help="largest number of steps of the recipe")
    parser.add_argument("--every", type=int, default=50, help="steps between two evaluations")
    parser.add_argument("--lr", type=float, default=Options.lr, help="learning rate of the listing, which names none")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def build_trainer(args: argparse.Namespace) -> Trainer:
    """Builds the trainer that `zoo train` would build."""
    catalogue = load_installed_plugins().catalogue
    width = {"width": args.width}
    sections: dict[str, dict[str, Any]] = {
        "data": {"name": args.data, "root": args.data_root, "labels": args.labels},
        "generator": width,
        "discriminator": width,
        "train": {"batch_size": args.batch, "steps": args.most, "seed": args.seed, "device": "cpu"},
    }
    recipe = catalogue.find("recipe", args.recipe).load().to_sections()
    composition = Composition.from_settings(catalogue, args.recipe, merge_sections(recipe, sections))
    return composition.build_trainer(UNWRITABLE_DIR)


def time_call(function: Callable[[], object]) -> float:
    """Calls a function and returns its seconds."""
    started = perf_counter()
    function()
    return perf_counter() - started


def evaluate_networks(trainer: Trainer, generator: Generator, discriminator: Discriminator) -> dict[str, float]:
    """Evaluates both networks on the validation images of a trainer."""
    result = evaluate(generator, discriminator, trainer.training_step.loss, trainer.data.select_validation())
    return {name: float(result[name]) for name in METRICS}


def train(training: Training, steps: int, every: int, goal: Progress | None = None) -> Progress:
    """Trains for a number of steps, or until a goal is reached; prints every evaluation to standard error.

    Args:
        training: What is trained.
        steps: Largest number of steps.
        every: Number of steps between two evaluations.
        goal: Metrics at which training ends.
    """
    seconds = 0.0
    for step in range(1, steps + 1):
        seconds += training.run_step(step - 1)
        if step % every == 0 or step == steps:
            progress = Progress(step, seconds, training.evaluate())
            print(
                f"{training.name}: step {step}, {seconds:.1f} s, {', '.join(format_metrics(progress))}", file=sys.stderr
            )
            if goal and progress.reaches(goal):
                break
    return progress


def format_metrics(progress: Progress) -> list[str]:
    """Both metrics with their units."""
    return [f"{progress.metrics['hole_psnr']:.2f} dB", f"{100 * progress.metrics['accuracy']:.1f} %"]


def format_report(args: argparse.Namespace, goal: Progress, result: Progress) -> str:
    """Formats the comparison as a table, with the ratio of the times if the goal was reached."""
    rows = [
        (name, str(progress.step), f"{progress.seconds:.1f}", *format_metrics(progress))
        for name, progress in (("listing", goal), (args.recipe, result))
    ]
    table = format_table(("", "steps", "seconds of training", "hole PSNR", "accuracy"), rows)
    conclusion = (
        f"The listing takes {goal.seconds / result.seconds:.1f} times as long."
        if result.reaches(goal)
        else f"{args.recipe} has not reached both metrics of the listing."
    )
    return f"{args.data}, width {args.width}, batch {args.batch}, seed {args.seed}\n\n{table}\n\n{conclusion}"


if __name__ == "__main__":
    main()
