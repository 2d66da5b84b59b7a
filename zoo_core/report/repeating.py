"""How to train a run again."""

from collections.abc import Mapping
from typing import Any

from zoo_core.config.layers import build_training_command
from zoo_core.report.collected import CollectedRun


def command_of(run: CollectedRun) -> str | None:
    """The command that trains the same run; None for one that was trained from Python."""
    if "recipe" not in run.run:
        return None
    return build_training_command(run.run["recipe"], run.run["settings"])


def settings_of(run: CollectedRun) -> Mapping[str, Mapping[str, Any]]:
    """Every setting by section, without the names of components."""
    return {
        section: {name: value for name, value in values.items() if name != "name"}
        for section, values in run.run["settings"].items()
    }
