"""How to train a run again."""

import shlex
from collections.abc import Mapping
from typing import Any

Sections = Mapping[str, Mapping[str, Any]]


def training_command(recipe: str, settings: Sections) -> str:
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


def without_places(settings: Sections) -> Sections:
    """The settings for other people's eyes: places on the machine of the training are written as DIR and FILE."""
    data = dict(settings["data"])
    if data["root"] is not None:
        data["root"] = "DIR"
    if isinstance(data["labels"], str) and data["labels"] != "all":
        data["labels"] = "FILE"
    return {**settings, "data": data}
