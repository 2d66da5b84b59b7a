"""Adds `zoo report`, `zoo metrics` and `zoo compare`, and writes a report after every training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from zoo_core import hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds the commands of this plugin."""
    from zoo_core.report.commands import compare, metrics, report

    for command in (report, metrics, compare):
        cli.add_command(command)


@hookimpl
def training_finished(summary: Mapping[str, Any]) -> None:
    """Writes report.html into the run folder."""
    from zoo_core.report.page import write_run_report

    click.echo(f"Report: {write_run_report(Path(summary['run_dir']))}", err=True)
