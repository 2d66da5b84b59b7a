"""`zoo list`: the components of all plugins."""

import click

from zoo_core.cli.options import json_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_table


@click.command(name="list", short_help="List generators, discriminators, losses, datasets and recipes.")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List all generators, discriminators, losses, datasets and recipes.

    KIND selects one of: generator, discriminator, loss, dataset, recipe.
    """
    catalogue = load_plugins_with_warning().catalogue
    components = catalogue.filter_by_kind(kind) if kind else list(catalogue)
    if as_json:
        print_json([component.as_dict() for component in components])
        return
    rows = [(c.kind, c.name, f"{c.plugin} ({c.distribution} {c.version})", c.summary) for c in components]
    print_table(rows, ("KIND", "NAME", "PLUGIN", "SUMMARY"))
