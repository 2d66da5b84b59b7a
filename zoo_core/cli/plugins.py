"""`zoo plugins`: the installed plugins, and why one could not be loaded."""

import click

from zoo_core.cli.options import json_option
from zoo_core.cli.output import format_count, print_json, print_table
from zoo_core.interfaces.hooks import load_installed_plugins


@click.command(name="plugins", short_help="Show the installed plugins, and why one could not be loaded.")
@json_option
def command(as_json: bool) -> None:
    """Show the installed plugins: the number of their components, or why one could not be loaded.

    ZOO_PLUGINS=a,b loads only these plugins, and ZOO_DISABLED_PLUGINS=a,b loads all but these. With
    ZOO_STRICT_PLUGINS=1, a failing plugin stops the program with a traceback.
    """
    records = load_installed_plugins().records
    if as_json:
        print_json([record.as_dict() for record in records])
        return
    rows = [
        (
            record.name,
            f"{record.distribution} {record.version}",
            record.status,
            f"{record.seconds:.2f} s",
            record.reason or format_count(len(record.components), "component"),
        )
        for record in records
    ]
    print_table(rows, ("PLUGIN", "DISTRIBUTION", "STATUS", "LOADED IN", "REMARK"))
