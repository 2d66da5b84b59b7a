"""`zoo metrics`: the numbers of a run for a spreadsheet."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import click

from zoo_core.files import write_new_text


@click.command(name="metrics", short_help="Print the metrics of a run as CSV, for spreadsheets.")
@click.argument("run", type=Path)
@click.option("--output", type=Path, metavar="FILE.csv", help="File to write, in place of standard output.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
def metrics(run: Path, output: Path | None, overwrite: bool) -> None:
    """Print every term and measure of a run as CSV: a row for each step, empty where nothing was measured.

    It works on runs that are not finished too.
    """
    from zoo_core.report.collected import read_metrics

    table = as_csv(read_metrics(run))
    if output is None:
        click.echo(table, nl=False)
    else:
        write_new_text(output, table, overwrite)
        click.echo(f"Metrics: {output}")


def as_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """Lines of metrics.jsonl as one table: those of a step in one row, columns in the order of their first use."""
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        rows.setdefault(line["step"], {}).update(line)
    names = dict.fromkeys(["step", *(name for line in lines for name in line)])
    table = StringIO()
    writer = csv.DictWriter(table, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[step] for step in sorted(rows))
    return table.getvalue()
