"""How to train a run again."""

import shlex
from collections.abc import Mapping
from typing import Any

from zoo_core.report.collected import CollectedRun


def command_of(run: CollectedRun) -> str | None:
    """The command that trains the same run with every setting written out; None for one that was trained from Python.

    Options that are none are left out: no command can set them, so the components' own defaults say the same.
    """
    if "recipe" not in run.run:
        return None
    named = [f"{section}={values['name']}" for section, values in run.run["settings"].items() if "name" in values]
    options = [f"{section}.{name}={value}" for section, name, value in _options(run) if value is not None]
    assignments = [word for assignment in named + options for word in ("-o", assignment)]
    return shlex.join(["zoo", "train", run.run["recipe"], *assignments])


def settings_of(run: CollectedRun) -> Mapping[str, Mapping[str, Any]]:
    """Every setting by section, without the names of components."""
    sections: dict[str, dict[str, Any]] = {}
    for section, name, value in _options(run):
        sections.setdefault(section, {})[name] = value
    return sections


def _options(run: CollectedRun) -> list[tuple[str, str, Any]]:
    sections = run.run["settings"].items()
    return [(section, name, value) for section, values in sections for name, value in values.items() if name != "name"]
