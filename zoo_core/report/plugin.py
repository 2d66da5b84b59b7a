"""Adds the commands of this room, and a report to every run, by the same hooks that any plugin may use."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from zoo_core import hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `zoo report` and `zoo metrics`."""
    from zoo_core.report.metrics import metrics
    from zoo_core.report.report import report

    cli.add_command(report)
    cli.add_command(metrics)


@hookimpl
def training_finished(summary: Mapping[str, Any]) -> None:
    """Writes the run's report.html, and says where it is."""
    from zoo_core.report.report import write_run_report

    click.echo(f"Report: {write_run_report(Path(summary['run_dir']))}", err=True)
