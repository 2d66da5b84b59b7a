"""`zoo show`: a component and its options."""

from typing import Any

import click

from registry import Catalogue, Component, unknown_name_error
from zoo_core.cli.options import json_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_table


@click.command(name="show", short_help="Describe a component or recipe, with its options.")
@click.argument("name")
@json_option
def command(name: str, as_json: bool) -> None:
    """Describe the component or recipe NAME: its purpose, its plugin, and its options with their defaults."""
    catalogue = load_plugins_with_warning().catalogue
    components = catalogue.find_all(name)
    if not components:
        names = [component.name for component in catalogue]
        raise unknown_name_error("component", name, names, "`zoo list` describes them.")
    descriptions = [_describe(component, catalogue) for component in components]
    if as_json:
        print_json(descriptions)
        return
    for component, description in zip(components, descriptions, strict=True):
        _print_component(component, description)


def _describe(component: Component, catalogue: Catalogue) -> dict[str, Any]:
    """The component with its options; a recipe with those of all its components."""
    from zoo_core.config.composition import Composition
    from zoo_core.interfaces.options import build_schema, describe_options

    target = component.load()
    if component.kind != "recipe":
        return component.as_dict() | {"options": describe_options(build_schema(target))}
    composition = Composition.from_settings(catalogue, component.qualified_name, target.to_sections())
    options = [
        option | {"name": f"{section}.{option['name']}", "default": getattr(values, option["name"])}
        for section, values in composition.options.items()
        for option in describe_options(type(values))
    ]
    names = {section: part.qualified_name for section, part in composition.components.items()}
    return component.as_dict() | {"components": names, "options": options}


def _print_component(component: Component, description: dict[str, Any]) -> None:
    click.echo(f"{component.kind} {component.name}: {component.summary}")
    origin = f"{component.plugin} of {component.distribution} {component.version}"
    click.echo(f"from plugin {origin} ({component.target})\n")
    for section, name in description.get("components", {}).items():
        click.echo(f"{section:<13} {name}")
    if description["options"]:
        rows = [(o["name"], o["type"], _format_default(o["default"]), o["description"]) for o in description["options"]]
        print_table(rows, ("OPTION", "TYPE", "DEFAULT", "DESCRIPTION"))
    click.echo()


def _format_default(value: Any) -> str:
    return "none" if value is None else str(value)
