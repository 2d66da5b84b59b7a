"""`zoo evaluate`: the metrics of a trained GAN."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from zoo_core.cli.options import checkpoint_option, json_option, weights_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_notes, print_table
from zoo_core.evaluation.metrics import METRICS, format_metric


@click.command(name="evaluate", short_help="Evaluate a trained run on test or validation images.")
@click.argument("run", type=Path)
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
              help="Images to evaluate on. Test images have no influence on training or checkpoints.")  # fmt: skip
@weights_option
@checkpoint_option
@json_option
def command(run: Path, split: str, weights: str | None, checkpoint: str, as_json: bool) -> None:
    """Evaluate a checkpoint of RUN: the accuracy of predicted classes, and the quality of in-painting.

    The result is also saved in the run folder, where `zoo compare` reads it.
    """
    from zoo_core.inference.trained_run import TrainedRun

    trained = TrainedRun.open(run, load_plugins_with_warning().catalogue, weights, checkpoint)
    print_notes(trained.notes)
    evaluation = {"split": split, "weights": trained.weights, **trained.evaluate(split), "step": trained.step}
    trained.directory.write_evaluation(evaluation)
    result: dict[str, Any] = {"split": split, **dict.fromkeys(METRICS), **evaluation}
    if as_json:
        print_json(result)
        return
    weights_text = " with EMA weights" if trained.weights == "ema" else ""
    click.echo(f"{run} at step {trained.step}{weights_text}, on {result['images']} {split} images:")
    click.echo("\n".join(_format_metrics(result)))
    if "hole_by_size" in result:
        _print_by_size(result["hole_by_size"])
    if "confusion" in result:
        _print_confusion(result["confusion"], trained.classes)


def _format_metrics(result: Mapping[str, Any]) -> Iterator[str]:
    """Yields a line for each metric."""
    if all(result[name] is None for name in METRICS):
        yield "  No metrics: the components of this run neither fill holes nor predict classes. Try `zoo sample`."
    for name in METRICS:
        if result[name] is not None:
            low, high = (100 * end for end in result.get(f"{name}_interval", (0, 0)))
            interval = f"  (95 % confidence interval: {low:.1f} to {high:.1f} %)" if high else ""
            yield f"  {name.replace('_', ' '):<18} {format_metric(name, result[name])}{interval}"


def _print_by_size(by_size: Mapping[str, Mapping[str, float]]) -> None:
    rows = [
        (f"{float(size):.1%}", *(format_metric(name, value) for name, value in metrics.items()))
        for size, metrics in by_size.items()
    ]
    click.echo()
    print_table(rows, ("HOLE SIDE", *(name.replace("_", " ").upper() for name in next(iter(by_size.values())))))


def _print_confusion(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
    rows = [(name, *map(str, counts)) for name, counts in zip(classes, confusion, strict=True)]
    click.echo()
    print_table(rows, ("TRUE \\ PREDICTED", *classes))
