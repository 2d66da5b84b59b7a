"""Settings in layers: command line over TOML file over recipe over defaults."""

import shlex
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from registry import UsageError, ZooError, unknown
from zoo_core.interfaces.recipe import SECTIONS

Layer = Mapping[str, Mapping[str, Any]]


def merge_layers(*layers: Layer) -> dict[str, dict[str, Any]]:
    """Lays settings over each other, the last on top.

    A layer that names another component takes the options away that were meant for the one below.

    Raises:
        UsageError: A layer has a section that does not exist.
    """
    result: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for layer in layers:
        for section, values in layer.items():
            if section not in result:
                raise unknown("section of settings", section, SECTIONS)
            if "name" in values and values["name"] != result[section].get("name"):
                result[section].clear()
            result[section].update(values)
    return result


def read_toml_layer(path: Path) -> Layer:
    """A settings file: a table for each section, `name` in it for another component.

    Raises:
        ZooError: The file is missing or not TOML.
        UsageError: Something in it is no table.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZooError(f"The settings file {path} cannot be read: {error}.") from error
    for section, values in content.items():
        if not isinstance(values, dict):
            raise UsageError(f"{path}: '{section}' stands outside of a section. Write it under one of: {_tables()}.")
    return content


def parse_assignments(assignments: Iterable[str]) -> Layer:
    """What `-o` was given: `component.option=value`, or `component=NAME` for another component.

    Raises:
        UsageError: One does not read like that.
    """
    layer: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        place, equals, value = assignment.partition("=")
        section, _, option = place.strip().partition(".")
        if not equals:
            raise UsageError(
                f"'{assignment}' is no assignment. Write `-o component.option=value`, or `-o component=NAME`."
            )
        if section not in SECTIONS:
            raise unknown("component", section, SECTIONS, "Write `-o component.option=value`.")
        layer.setdefault(section, {})[option or "name"] = value.strip()
    return layer


def _tables() -> str:
    return ", ".join(f"[{section}]" for section in SECTIONS)


Sections = Mapping[str, Mapping[str, Any]]


def build_training_command(recipe: str, settings: Sections) -> str:
    """The command that trains the same run, with every setting written out.

    Options that are none are left out: no command can set them, so the components' own defaults say the same.

    Args:
        recipe: What the run was started from.
        settings: By section, each with the `name` of its component, as run.json holds them.
    """
    named = [f"{section}={values['name']}" for section, values in settings.items() if "name" in values]
    options = [
        f"{section}.{name}={value}"
        for section, values in settings.items()
        for name, value in values.items()
        if name != "name" and value is not None
    ]
    return shlex.join(
        ["zoo", "train", recipe, *(word for assignment in named + options for word in ("-o", assignment))]
    )


def redact_paths(settings: Sections) -> Sections:
    """The settings for other people's eyes: places on the machine of the training are written as DIR and FILE."""
    data = dict(settings["data"])
    if data["root"] is not None:
        data["root"] = "DIR"
    if isinstance(data["labels"], str) and data["labels"] != "all":
        data["labels"] = "FILE"
    return {**settings, "data": data}
