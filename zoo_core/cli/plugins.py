"""`zoo plugins`: what is installed, and what became of it."""

import click

from registry import load_plugins
from zoo_core.cli.output import json_option, print_json, print_table
from zoo_core.interfaces.hookspecs import plugin_api


@click.command(name="plugins", short_help="Show installed plugins, and why one could not be loaded.")
@json_option
def command(as_json: bool) -> None:
    """Show the installed plugins: what each offers, or why it could not be loaded.

    ZOO_PLUGINS=a,b loads only these, ZOO_DISABLED_PLUGINS=a,b leaves these out, ZOO_STRICT_PLUGINS=1 shows a failing
    plugin's own error.
    """
    records = load_plugins(plugin_api()).records
    if as_json:
        print_json([record.as_dict() for record in records])
        return
    rows = [
        (
            r.name,
            f"{r.distribution} {r.version}",
            r.status,
            f"{r.seconds:.2f} s",
            r.reason or f"{len(r.components)} components",
        )
        for r in records
    ]
    print_table(rows, ("PLUGIN", "DISTRIBUTION", "STATUS", "LOADED IN", "REMARK"))
