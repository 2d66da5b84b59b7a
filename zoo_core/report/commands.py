"""The commands `zoo report`, `zoo metrics` and `zoo compare`."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry import UsageError
from zoo_core.cli.options import json_option
from zoo_core.cli.output import print_json, print_table
from zoo_core.files import write_new_text

if TYPE_CHECKING:
    from zoo_core.report.comparison import RunGroup, Spread

COMPARISON_HEADER = ("RECIPE", "DATA", "STEPS", "RUNS", "ACCURACY", "GAIN", "ERROR CUT", "HOLE PSNR")


@click.command(short_help="Write an HTML report about one or several runs.")
@click.argument("runs", nargs=-1, required=True, type=Path, metavar="RUN...")
@click.option("--output", type=Path, metavar="FILE.html", help="File to write. Default for one run: RUN/report.html.")
@click.option("--overwrite", is_flag=True, help="Replace the file given by --output if it exists.")
def report(runs: tuple[Path, ...], output: Path | None, overwrite: bool) -> None:
    """Write an HTML report about a run: metrics, images, curves, warnings, and the command that repeats the run.

    The report is a single file that works offline. The command reads only the run folder, and also works while the run
    is in progress. Several runs are compared, with mean and standard deviation over their seeds.
    """
    from zoo_core.report.page import build_page, write_run_report

    if output is None and len(runs) > 1:
        raise UsageError("A report about several runs needs a file name. Add `--output FILE.html`.")
    if output is None:
        output = write_run_report(runs[0])
    else:
        write_new_text(output, build_page(runs), overwrite)
    click.echo(f"Report: {output}")


@click.command(short_help="Print the metrics of a run as CSV.")
@click.argument("run", type=Path)
@click.option("--output", type=Path, metavar="FILE.csv", help="File to write instead of standard output.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def metrics(run: Path, output: Path | None, overwrite: bool) -> None:
    """Print all loss terms and metrics of a run as CSV: a row for each step, with empty cells for missing values.

    This also works while a run is in progress.
    """
    from zoo_core.training.run_directory import RunDirectory

    directory = RunDirectory(run)
    directory.read_run()
    table = format_csv(directory.metrics.read())
    if output is None:
        click.echo(table, nl=False)
    else:
        write_new_text(output, table, overwrite)
        click.echo(f"Metrics: {output}")


@click.command(short_help="Compare evaluated runs over several seeds.")
@click.argument("runs", nargs=-1, required=True, type=Path, metavar="RUN...")
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
              help="Images that the runs were evaluated on with `zoo evaluate`.")  # fmt: skip
@click.option("--baseline", metavar="RECIPE",
              help="Recipe that gains are computed against. Default: labels-only, if a run uses it.")  # fmt: skip
@json_option
def compare(runs: tuple[Path, ...], split: str, baseline: str | None, as_json: bool) -> None:
    """Compare evaluated runs: mean and standard deviation over the seeds of each recipe.

    Runs that differ only in their seed share a row. GAIN is the difference to the accuracy of the baseline on the same
    data, in percentage points. ERROR CUT is the proportion of the baseline's errors that are avoided.
    """
    from zoo_core.report.collected_run import CollectedRun
    from zoo_core.report.comparison import compare_runs

    groups = compare_runs([CollectedRun(path) for path in runs], split, baseline)
    if as_json:
        print_json([asdict(group) for group in groups])
    else:
        print_table([_format_row(group) for group in groups], COMPARISON_HEADER)


def format_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """Lines of metrics.jsonl as CSV: one row for each step, with columns in the order of their first use."""
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        rows.setdefault(line["step"], {}).update(line)
    names = dict.fromkeys(["step", *(name for line in lines for name in line)])
    table = StringIO()
    writer = csv.DictWriter(table, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[step] for step in sorted(rows))
    return table.getvalue()


def _format_row(group: "RunGroup") -> tuple[str, ...]:
    return (
        group.name,
        group.data,
        ", ".join(map(str, group.steps)),
        str(len(group.seeds)),
        _format_spread(group.spreads.get("accuracy"), 100, " %"),
        "" if group.gain is None else f"{100 * group.gain:+.1f}",
        "" if group.error_cut is None else f"{100 * group.error_cut:.1f} %",
        _format_spread(group.spreads.get("hole_psnr"), 1, " dB"),
    )


def _format_spread(spread: "Spread | None", factor: float, unit: str) -> str:
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {factor * spread.deviation:.1f}"
    return f"{factor * spread.mean:.1f}{deviation}{unit}"
