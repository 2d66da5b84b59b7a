"""`zoo compare`: what recipes reach over several seeds."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from zoo_core.report.comparison import Group, Spread

USUAL_BASELINE = "labels-only"
HEADER = ("RECIPE", "DATA", "STEPS", "RUNS", "ACCURACY", "GAIN", "ERROR CUT", "HOLE PSNR")


@click.command(name="compare", short_help="Mean and spread of several runs, against a baseline.")
@click.argument("runs", nargs=-1, required=True, type=Path, metavar="RUN...")
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
              help="Which of the measures that `zoo evaluate` kept.")  # fmt: skip
@click.option("--baseline", metavar="RECIPE", help=f"What gains are measured by; {USUAL_BASELINE} where it is there.")
@json_option
def command(runs: tuple[Path, ...], split: str, baseline: str | None, as_json: bool) -> None:
    """Compare measured runs: mean and standard deviation over the seeds of each recipe.

    Runs that differ in nothing but the seed are one row. GAIN is the difference to the baseline's accuracy on the same
    data, in points; ERROR CUT is the share of the baseline's errors that is gone.
    """
    from zoo_core.report.comparison import compare_runs, read_measured_run

    found = [read_measured_run(path, split) for path in runs]
    if baseline is None and any(run.recipe == USUAL_BASELINE for run in found):
        baseline = USUAL_BASELINE
    groups = compare_runs(found, baseline)
    if as_json:
        print_json([asdict(group) for group in groups])
    else:
        print_table([_row(group) for group in groups], HEADER)


def _row(group: "Group") -> tuple[str, ...]:
    return (
        group.name,
        group.data,
        ", ".join(map(str, group.steps)),
        str(len(group.seeds)),
        _in_words(group.spreads.get("accuracy"), 100, " %"),
        "" if group.gain is None else f"{100 * group.gain:+.1f}",
        "" if group.error_cut is None else f"{100 * group.error_cut:.1f} %",
        _in_words(group.spreads.get("hole_psnr"), 1, " dB"),
    )


def _in_words(spread: "Spread | None", factor: float, unit: str) -> str:
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {factor * spread.deviation:.1f}"
    return f"{factor * spread.mean:.1f}{deviation}{unit}"
