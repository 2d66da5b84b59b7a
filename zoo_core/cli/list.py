"""`zoo list`: everything that plugins offer."""

import click

from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table


@click.command(name="list", short_help="List generators, critics, losses, data sets, recipes.")
@click.argument("kind", required=False)
@json_option
def command(kind: str | None, as_json: bool) -> None:
    """List what is in the zoo: generators, discriminators, losses, data sets, recipes.

    KIND narrows it to one of: generator, discriminator, loss, dataset, recipe.
    """
    catalogue = load_installed_plugins().catalogue
    components = catalogue.of_kind(kind) if kind else list(catalogue)
    if as_json:
        print_json([component.as_dict() for component in components])
        return
    rows = [(c.kind, c.name, f"{c.plugin} ({c.distribution} {c.version})", c.summary) for c in components]
    print_table(rows, ("KIND", "NAME", "PLUGIN", "SUMMARY"))
