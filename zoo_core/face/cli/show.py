"""`zoo show`: one component, with its options."""

from typing import Any

import click

from registry import Component, unknown
from zoo_core.face.cli.output import installed_plugins, json_option, print_json, print_table


@click.command(name="show", short_help="Describe a component or recipe, with its options.")
@click.argument("name")
@json_option
def command(name: str, as_json: bool) -> None:
    """Describe a component or recipe: what it is, where it comes from, and its options with their defaults."""
    catalogue = installed_plugins().catalogue
    found = catalogue.named(name)
    if not found:
        raise unknown("component", name, (component.name for component in catalogue), "`zoo list` describes them.")
    details = [_details(component) for component in found]
    if as_json:
        print_json(details)
        return
    for component, detail in zip(found, details, strict=True):
        _print(component, detail)


def _details(component: Component) -> dict[str, Any]:
    from zoo_core.contract.options import described, schema_of

    target = component.load()
    if component.kind == "recipe":
        return component.as_dict() | {"settings": target.sections()}
    return component.as_dict() | {"options": described(schema_of(target))}


def _print(component: Component, detail: dict[str, Any]) -> None:
    click.echo(f"{component.kind} {component.name}: {component.summary}")
    click.echo(f"from plugin {component.plugin} of {component.distribution} {component.version}, {component.target}\n")
    if component.kind == "recipe":
        sections = detail["settings"].items()
        rows = [(f"{section}.{key}", str(value)) for section, values in sections for key, value in values.items()]
        print_table(rows, ("SETTING", "VALUE"))
    elif detail["options"]:
        options = [(o["name"], o["type"], str(o["default"]), o["description"]) for o in detail["options"]]
        print_table(options, ("OPTION", "TYPE", "DEFAULT", "WHAT IT DOES"))
    click.echo()
