"""`zoo evaluate`: how good a trained GAN is."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table
from zoo_core.evaluation.metrics import METRICS, format_metric


@click.command(name="evaluate", short_help="Measure a trained run on test or validation images.")
@click.argument("run", type=Path)
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
              help="Test images were never read in training; validation images were watched.")  # fmt: skip
@click.option("--weights", type=click.Choice(["ema", "raw"]),
              help="Which weights; the averaged ones where the run keeps them.")  # fmt: skip
@click.option("--checkpoint", type=click.Choice(["newest", "best"]), default="newest", show_default=True,
              help="Which checkpoint; best is the one that was best on validation images.")  # fmt: skip
@json_option
def command(run: Path, split: str, weights: str | None, checkpoint: str, as_json: bool) -> None:
    """Measure a trained run from one of its checkpoints: accuracy of its classes, quality of its in-painting.

    The result is kept in the run's folder, for `zoo compare`.
    """
    from zoo_core.inference.trained_run import TrainedRun

    trained = TrainedRun.open(run, load_installed_plugins().catalogue, weights, checkpoint)
    for remark in trained.remarks:
        click.echo(remark, err=True)
    measured = {"split": split, "weights": trained.weights, **trained.evaluate(split), "step": trained.step}
    trained.directory.write_evaluation(measured)
    result: dict[str, Any] = {"split": split, **dict.fromkeys(METRICS), **measured}
    if as_json:
        print_json(result)
        return
    weighed = "EMA weights, " if trained.weights == "ema" else ""
    click.echo(f"{run} at step {trained.step}, {weighed}on {result['images']} {split} images:")
    click.echo("\n".join(_in_words(result)))
    if "hole_by_size" in result:
        _print_by_size(result["hole_by_size"])
    if "confusion" in result:
        _print_confusion(result["confusion"], trained.classes)


def _in_words(result: Mapping[str, Any]) -> Iterator[str]:

    if all(result[name] is None for name in METRICS):
        yield "  nothing: these components neither fill holes nor tell classes; try `zoo sample`"
    for name in METRICS:
        if result[name] is not None:
            low, high = (100 * end for end in result.get(f"{name}_interval", (0, 0)))
            interval = f"  (95 % interval: {low:.1f} to {high:.1f} %)" if high else ""
            yield f"  {name.replace('_', ' '):<18} {format_metric(name, result[name])}{interval}"


def _print_by_size(by_size: Mapping[str, Mapping[str, float]]) -> None:
    rows = [
        (f"{float(size):.1%}", *(format_metric(name, v) for name, v in values.items()))
        for size, values in by_size.items()
    ]
    click.echo()
    print_table(rows, ("HOLE SIDE", *(name.replace("_", " ").upper() for name in next(iter(by_size.values())))))


def _print_confusion(confusion: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
    rows = [(name, *map(str, counts)) for name, counts in zip(classes, confusion, strict=True)]
    click.echo()
    print_table(rows, ("TRUE \\ TOLD", *classes))
