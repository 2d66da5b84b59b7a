"""The `zoo train` command that repeats a run."""

import shlex

from zoo_core.config.sections import Sections


def build_training_command(recipe: str, settings: Sections) -> str:
    """Builds the command that trains with the same recipe and settings.

    Options that are None are left out: they are defaults, and the command line cannot set them.

    Args:
        recipe: The recipe of the run.
        settings: All settings of the run, as in run.json.
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
