"""`zoo show`: one component, with its options."""

from typing import Any

import click

from registry import Catalogue, Component, unknown
from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table


@click.command(name="show", short_help="Describe a component or recipe, with its options.")
@click.argument("name")
@json_option
def command(name: str, as_json: bool) -> None:
    """Describe a component or recipe: what it is, where it comes from, and its options with their defaults."""
    catalogue = load_installed_plugins().catalogue
    found = catalogue.named(name)
    if not found:
        raise unknown("component", name, (component.name for component in catalogue), "`zoo list` describes them.")
    details = [_details(component, catalogue) for component in found]
    if as_json:
        print_json(details)
        return
    for component, detail in zip(found, details, strict=True):
        _print(component, detail)


def _details(component: Component, catalogue: Catalogue) -> dict[str, Any]:
    from zoo_core.config.composition import Composition
    from zoo_core.config.layers import merge_layers
    from zoo_core.interfaces.options import build_schema, describe_options

    target = component.load()
    if component.kind != "recipe":
        return component.as_dict() | {"options": describe_options(build_schema(target))}
    composition = Composition.from_settings(catalogue, component.qualified_name, merge_layers(target.sections()))
    settings = [
        option | {"name": f"{section}.{option['name']}", "default": getattr(values, option["name"])}
        for section, values in composition.options.items()
        for option in describe_options(type(values))
    ]
    parts = {section: part.qualified_name for section, part in composition.components.items()}
    return component.as_dict() | {"components": parts, "options": settings}


def _plain(value: Any) -> str:
    return "none" if value is None else str(value)


def _print(component: Component, detail: dict[str, Any]) -> None:
    click.echo(f"{component.kind} {component.name}: {component.summary}")
    click.echo(f"from plugin {component.plugin} of {component.distribution} {component.version}, {component.target}\n")
    for section, name in detail.get("components", {}).items():
        click.echo(f"{section:<13} {name}")
    if detail["options"]:
        options = [(o["name"], o["type"], _plain(o["default"]), o["description"]) for o in detail["options"]]
        print_table(options, ("OPTION", "TYPE", "DEFAULT", "WHAT IT DOES"))
    click.echo()
