"""Where a run goes when nobody says where."""

import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from registry import UsageError
from zoo_core.engine.run_directory import RunDirectory

HOME = Path("runs")


def choose_run_dir(asked: Path | None, name: str, settings: Mapping[str, Any], resume: bool) -> Path:
    """The folder a run goes to.

    Args:
        asked: What `--run-dir` says; a run in it goes on, unless `resume` is off.
        name: What to call a new folder below runs/; it gets the next free number.
        settings: What the run is.
        resume: Whether to go on with an unfinished run of just these settings below runs/, if there is one.

    Raises:
        UsageError: `asked` holds a run, and resuming is off.
    """
    if asked is not None:
        if RunDirectory(asked).holds_run and not resume:
            raise UsageError(f"{asked} holds a run. Leave `--no-resume` out to go on with it, or name a new folder.")
        return asked
    name = re.sub(r"[^\w.-]+", "-", name)
    numbered = (HOME / f"{name}-{number}" for number in count(1))
    for path in numbered:
        if not path.exists() or (resume and _unfinished(RunDirectory(path), settings)):
            return path
    raise AssertionError("there is always another number")


def _unfinished(directory: RunDirectory, settings: Mapping[str, Any]) -> bool:
    if not directory.holds_run or directory.summary_file.exists():
        return False
    return bool(directory.read_run().get("settings") == settings)
