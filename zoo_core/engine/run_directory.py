"""The folder of one run: what is in it, and how files get there whole."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry import UsageError, ZooError

LENGTH = "train.steps"  # the one setting with which a run may go on that was started with another


class RunDirectory:
    """Holds run.json, split.json, metrics.jsonl, summary.json, samples/ and checkpoints/ of one run."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.run_file = self.path / "run.json"
        self.split_file = self.path / "split.json"
        self.metrics_file = self.path / "metrics.jsonl"
        self.summary_file = self.path / "summary.json"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"

    @property
    def holds_run(self) -> bool:
        """Whether a run was started here."""
        return self.run_file.is_file()

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any]) -> None:
        """Makes the folder for a new run, or checks that the run in it is the same one, but for its length.

        Raises:
            UsageError: The folder holds other files, or a run with other settings.
        """
        if self.holds_run:
            self._compare(run)
            write_json(self.run_file, run)
            return
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise UsageError(f"{self.path} exists and is not a run. Name a new folder with `--run-dir`.")
        self.samples.mkdir(parents=True)
        self.checkpoints.mkdir()
        write_json(self.split_file, split)
        write_json(self.run_file, run)

    def read_run(self) -> dict[str, Any]:
        """What run.json holds.

        Raises:
            ZooError: There is no run here, or its file is damaged.
        """
        if not self.holds_run:
            raise ZooError(f"{self.path} is not a run: it holds no run.json. `zoo train RECIPE` makes one below runs/.")
        return read_json(self.run_file)

    def _compare(self, run: Mapping[str, Any]) -> None:
        there = self.read_run()
        differing = _differences(there.get("settings", {}), run.get("settings", {}))
        if differing:
            raise UsageError(
                f"{self.path} holds a run with other settings: {'; '.join(differing)}. "
                "Use the same settings to go on with it, or name a new folder with `--run-dir`."
            )


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON file so that a reader finds the old one or the new one, never a part."""
    draft = path.with_name(path.name + ".part")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        ZooError: The file is damaged.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be read: {error}.") from error


def _differences(there: Any, asked: Any, name: str = "") -> list[str]:
    """What differs between two sets of settings, as "train.lr is 0.001 there, 0.002 was asked"."""
    if isinstance(there, Mapping) and isinstance(asked, Mapping):
        keys = [*there, *(key for key in asked if key not in there)]
        return [d for key in keys for d in _differences(there.get(key), asked.get(key), f"{name}.{key}".lstrip("."))]
    return [] if there == asked or name == LENGTH else [f"{name} is {there} there, {asked} was asked"]
