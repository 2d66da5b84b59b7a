"""Settings by section: the command line overrides the settings file, which overrides the recipe and the defaults."""

import shlex
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from registry import UsageError, ZooError, unknown_name_error
from zoo_core.interfaces.recipe import SECTIONS

Sections = Mapping[str, Mapping[str, Any]]


def merge_sections(*layers: Sections) -> dict[str, dict[str, Any]]:
    """Merges settings from several places; later ones override earlier ones.

    Selecting another component removes the options that were set for the component before.

    Raises:
        UsageError: A section is unknown.
    """
    merged: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for layer in layers:
        for section, values in layer.items():
            if section not in merged:
                raise unknown_name_error("settings section", section, SECTIONS)
            if "name" in values and values["name"] != merged[section].get("name"):
                merged[section].clear()
            merged[section].update(values)
    return merged


def read_settings_file(path: Path) -> Sections:
    """Reads a TOML file with one table per section; `name` selects another component.

    Raises:
        ZooError: The file does not exist or is not TOML.
        UsageError: It has a value outside of a table.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZooError(f"The settings file {path} cannot be read: {error}.") from error
    tables = ", ".join(f"[{section}]" for section in SECTIONS)
    for name, value in content.items():
        if not isinstance(value, dict):
            raise UsageError(f"{path}: '{name}' is not in a section. Move it into one of: {tables}.")
    return content


def parse_assignments(assignments: Iterable[str]) -> Sections:
    """Parses the values of `-o`: `component.option=value`, or `component=NAME` for another component.

    Raises:
        UsageError: A value has another form.
    """
    parsed: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        target, equals, value = assignment.partition("=")
        section, _, option = target.strip().partition(".")
        if not equals:
            raise UsageError(
                f"'{assignment}' is not an assignment. Write `-o component.option=value`, or `-o component=NAME`."
            )
        if section not in SECTIONS:
            raise unknown_name_error("component", section, SECTIONS, "Write `-o component.option=value`.")
        parsed.setdefault(section, {})[option or "name"] = value.strip()
    return parsed


def build_training_command(recipe: str, settings: Sections) -> str:
    """Builds the `zoo train` command that repeats a run with these settings, which are those of run.json.

    Options that are None are left out: they are defaults, and the command line cannot set them.
    """
    assignments = [f"{section}={options['name']}" for section, options in settings.items() if "name" in options]
    assignments += [
        f"{section}.{name}={value}"
        for section, options in settings.items()
        for name, value in options.items()
        if name != "name" and value is not None
    ]
    return shlex.join(["zoo", "train", recipe, *(word for assignment in assignments for word in ("-o", assignment))])


def redact_paths(settings: Sections) -> Sections:
    """Replaces paths of this machine by DIR and FILE."""
    data = dict(settings["data"])
    if data["root"] is not None:
        data["root"] = "DIR"
    if isinstance(data["labels"], str) and data["labels"] != "all":
        data["labels"] = "FILE"
    return {**settings, "data": data}
