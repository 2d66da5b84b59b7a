"""How commands print: tables and warnings for users, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from registry import Plugins
from zoo_core.interfaces.hooks import load_installed_plugins

FILE_WIDTH = 1000  # columns of a table that is not printed on a terminal, so that no line is wrapped


def print_json(value: Any) -> None:
    """Prints one JSON document on standard output."""
    click.echo(json.dumps(value, indent=2))


def print_table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> None:
    """Prints aligned columns; lines are wrapped only if a terminal is too narrow."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def print_notes(notes: Iterable[str]) -> None:
    """Prints sentences on standard error, one per line."""
    for note in notes:
        click.echo(note, err=True)


def format_count(count: int, noun: str) -> str:
    """A number and its noun, such as "1 step" or "2 steps"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def load_plugins_with_warning() -> Plugins:
    """Loads all installed plugins; names the failed ones on standard error."""
    plugins = load_installed_plugins()
    failed = [record.name for record in plugins.records if record.status == "failed"]
    if failed:
        click.echo(f"zoo: {len(failed)} of {len(plugins.records)} plugins could not be loaded: {', '.join(failed)}. "
                   "`zoo plugins` shows the reasons.", err=True)  # fmt: skip
    return plugins
