"""How commands print: tables for people, one JSON document for programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from registry import Plugins, load_plugins
from zoo_core.interfaces.hookspecs import plugin_api

UNLIMITED = 1000

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")


def print_json(value: Any) -> None:
    """Prints one JSON document on standard output."""
    click.echo(json.dumps(value, indent=2))


def print_table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> None:
    """Prints aligned columns; lines are broken only where a terminal is too narrow."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else UNLIMITED, markup=False, highlight=False)
    with console.capture() as printed:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


def load_installed_plugins() -> Plugins:
    """All plugins; says on standard error how many could not be loaded."""
    plugins = load_plugins(plugin_api())
    failed = [record.name for record in plugins.records if record.status == "failed"]
    if failed:
        click.echo(f"zoo: {len(failed)} of {len(plugins.records)} plugins could not be loaded: {', '.join(failed)}. "
                   "`zoo plugins` says why.", err=True)  # fmt: skip
    return plugins
