"""The folder of one run: what is in it, and how files get there whole."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_core.contract.errors import UsageError, ZooError

LENGTH = "train.steps"  # the one setting that may be another when a run goes on, if no other depends on it


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

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any]) -> list[str]:
        """Makes the folder for a new run, or checks that the run in it is the same one, but for its length.

        Returns:
            What is not as it was when the run in it was started, such as another version of a plugin.

        Raises:
            UsageError: The folder holds other files, a run with other settings, or one of other images.
            ZooError: The folder cannot be written.
        """
        if self.holds_run:
            return self._go_on(run, split)
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise UsageError(f"{self.path} exists and is not a run. Name a new folder with `--run-dir`.")
        try:
            self.samples.mkdir(parents=True)
            self.checkpoints.mkdir()
            write_json(self.split_file, split)
            write_json(self.run_file, run)
        except OSError as error:
            raise ZooError(f"{self.path} cannot be written: {error}. Name another folder with `--run-dir`.") from error
        return []

    def read_run(self) -> dict[str, Any]:
        """What run.json holds.

        Raises:
            ZooError: There is no run here, or its file is damaged.
        """
        if not self.holds_run:
            raise ZooError(f"{self.path} is not a run: it holds no run.json. `zoo train RECIPE` makes one below runs/.")
        return read_json(self.run_file)

    def read_split(self) -> dict[str, list[int]]:
        """Which training images are labelled, unlabelled and held out: what split.json holds.

        Raises:
            ZooError: The file is missing or damaged.
        """
        return read_json(self.split_file)

    def keep_evaluation(self, result: Mapping[str, Any]) -> None:
        """Keeps what was measured on one split with one kind of weights, over what was measured before.

        Raises:
            ZooError: The folder cannot be written.
        """
        path = self._evaluation_file(result["split"], result["weights"])
        try:
            write_json(path, result)
        except OSError as error:
            raise ZooError(f"{path} cannot be written: {error}.") from error

    def read_evaluation(self, split: str) -> dict[str, Any] | None:
        """What was measured last on a split, with averaged weights if they were measured; None if nothing was."""
        files = [self._evaluation_file(split, weights) for weights in ("averaged", "raw")]
        return next((read_json(path) for path in files if path.is_file()), None)

    def _evaluation_file(self, split: str, weights: str) -> Path:
        return self.path / f"evaluation-{split}-{weights}.json"

    def _go_on(self, run: Mapping[str, Any], split: Mapping[str, Any]) -> list[str]:
        there = self.read_run()
        asked = run.get("settings", {})
        differing = _differences(there.get("settings", {}), asked, may_grow=_open_ended(asked.get("train", {})))
        if differing:
            raise UsageError(
                f"{self.path} holds a run with other settings: {'; '.join(differing)}. "
                "Use the same settings to go on with it, or name a new folder with `--run-dir`."
            )
        if self.read_split() != split or there.get("images") != run.get("images"):
            raise UsageError(
                f"The images are not those that the run in {self.path} was started with. "
                "Restore them to go on with it, or name a new folder with `--run-dir`."
            )
        write_json(self.run_file, run)
        return provenance_changes(there, run)


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


def provenance_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Sentences about components and packages that are not of the version a run was started with."""
    return [
        f"{name} was {old} when the run was started, now it is {new}."
        for (name, old), (_, new) in zip(_versions(then), _versions(now), strict=False)
        if old != new
    ]


def _versions(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    components = [
        (f"The {section} {part['plugin']}:{part['name']}", f"from {part['distribution']} {part['version']}")
        for section, part in sorted(run.get("components", {}).items())
    ]
    return components + sorted(run.get("versions", {}).items())


def _open_ended(train: Mapping[str, Any]) -> bool:
    """Whether a run's steps would be the same if there were more of them."""
    return train.get("schedule", "constant") == "constant" and not train.get("finetune_steps")


def _differences(there: Any, asked: Any, name: str = "", *, may_grow: bool) -> list[str]:
    """What differs between two sets of settings, as "train.lr is 0.001 there, 0.002 was asked"."""
    if isinstance(there, Mapping) and isinstance(asked, Mapping):
        keys = [*there, *(key for key in asked if key not in there)]
        pairs = [(there.get(key), asked.get(key), f"{name}.{key}".lstrip(".")) for key in keys]
        return [difference for pair in pairs for difference in _differences(*pair, may_grow=may_grow)]
    return [] if there == asked or (may_grow and name == LENGTH) else [f"{name} is {there} there, {asked} was asked"]
