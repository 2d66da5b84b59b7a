"""The folder of one run: what is in it, and who may write there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from registry import UsageError, ZooError
from zoo_core.files import DRAFT, read_json, sync, write_json, write_text


class RunDirectory:
    """Holds run.json, split.json, metrics.jsonl, summary.json, samples/ and checkpoints/ of one run.

    Where there is something to tell, warnings.jsonl and skipped-files.txt too. After the last step come the measures on
    validation images, extremes/ where holes are filled, and report.html.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.run_file = self.path / "run.json"
        self.split_file = self.path / "split.json"
        self.metrics = StepLog(self.path / "metrics.jsonl")
        self.warnings = StepLog(self.path / "warnings.jsonl")
        self.skipped_file = self.path / "skipped-files.txt"
        self.summary_file = self.path / "summary.json"
        self.report_file = self.path / "report.html"
        self.samples = self.path / "samples"
        self.extremes = self.path / "extremes"
        self.extremes_file = self.extremes / "extremes.json"
        self.checkpoints = self.path / "checkpoints"
        self.lock_file = self.path / ".lock"

    @property
    def has_run(self) -> bool:
        """Whether a run was started here."""
        return self.run_file.is_file()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps every other process from writing here; the lock goes with this process, however it ends.

        Raises:
            UsageError: The folder holds other files, or another process trains in it.
            ZooError: The folder cannot be made.
        """
        if not self.has_run and not self._is_free():
            raise UsageError(f"{self.path} exists and is not a run. Name a new folder with `--run-dir`.")
        with self.report_write_errors():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.lock_file)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                raise UsageError(
                    f"Another process trains in {self.path}. Wait until it has ended, or name another folder with "
                    "`--run-dir`."
                ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def report_write_errors(self) -> Iterator[None]:
        """Says what to do when something cannot be written, as on a full disk.

        Raises:
            ZooError: In place of the operating system's error.
        """
        try:
            yield
        except OSError as error:
            raise ZooError(
                f"{self.path} cannot be written: {error}. What was saved before is whole. Make room, or name another "
                "folder with `--run-dir`; the same command goes on with a run."
            ) from error

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str] = ()) -> list[str]:
        """Writes down what a new run is, or checks that the run that is there is the same one, but for its length.

        Args:
            run: What run.json is to hold.
            split: What split.json is to hold.
            skipped: Files that could not be read, a line for each.

        Returns:
            What is not as it was when the run in it was started, such as another version of a plugin.

        Raises:
            UsageError: The folder holds a run with other settings, or one of other images.
            ZooError: The folder cannot be written.
        """
        changes = self._check_same(run, split) if self.has_run else []
        with self.report_write_errors():
            self.samples.mkdir(exist_ok=True)
            self.checkpoints.mkdir(exist_ok=True)
            write_json(self.split_file, split)
            if skipped:
                write_text(self.skipped_file, "".join(f"{line}\n" for line in skipped))
            write_json(self.run_file, run)
        return changes

    def read_run(self) -> dict[str, Any]:
        """What run.json holds.

        Raises:
            ZooError: There is no run here, or its file is damaged.
        """
        if not self.has_run:
            raise ZooError(f"{self.path} is not a run: it holds no run.json. `zoo train RECIPE` makes one below runs/.")
        return read_json(self.run_file)

    def read_split(self) -> dict[str, list[int]]:
        """Which training images are labelled, unlabelled and held out: what split.json holds.

        Raises:
            ZooError: The file is missing or damaged.
        """
        return read_json(self.split_file)

    def write_evaluation(self, result: Mapping[str, Any]) -> None:
        """Keeps what was measured on one split with one kind of weights, over what was measured before.

        Raises:
            ZooError: The folder cannot be written.
        """
        with self.report_write_errors():
            write_json(self._evaluation_file(result["split"], result["weights"]), result)

    def read_evaluation(self, split: str, *weights: str) -> dict[str, Any] | None:
        """What was measured last on a split with these weights, the first that were; None if nothing was.

        Args:
            split: "validation" or "test".
            weights: "ema", "raw", or both; averaged before raw, where not given.
        """
        files = [self._evaluation_file(split, kind) for kind in weights or ("ema", "raw")]
        return next((read_json(path) for path in files if path.is_file()), None)

    def _evaluation_file(self, split: str, weights: str) -> Path:
        return self.path / f"evaluation-{split}-{weights}.json"

    def _is_free(self) -> bool:
        """Whether there is nothing here but what a run leaves that was killed before run.json was written."""
        if not self.path.exists():
            return True
        own = {self.lock_file, self.split_file, self.skipped_file, self.samples, self.checkpoints}
        drafts = {path.with_name(path.name + DRAFT) for path in (self.split_file, self.skipped_file, self.run_file)}
        return self.path.is_dir() and set(self.path.iterdir()) <= own | drafts

    def _check_same(self, run: Mapping[str, Any], split: Mapping[str, Any]) -> list[str]:
        there = self.read_run()
        differing = compare_settings(there, run)
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
        return compare_provenance(there, run)


class StepLog:
    """A file of JSON lines, each with its step. It holds no times, so the same run writes the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rewind(self, step: int) -> None:
        """Drops what lies beyond a step from which the run goes on."""
        if not self.path.exists():
            return
        kept = [line for line in self.read() if line["step"] <= step]
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        draft.replace(self.path)

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes one line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def sync(self) -> None:
        """Makes sure that all lines are on the disk, so that no checkpoint is ever ahead of them."""
        if self.path.exists():
            sync(self.path)

    def read(self) -> list[dict[str, Any]]:
        """All whole lines; one that was cut off in writing is none.

        Raises:
            ZooError: The file is damaged.
        """
        if not self.path.exists():
            return []
        try:
            text = self.path.read_text(encoding="utf-8")
            lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        except (OSError, ValueError) as error:
            raise ZooError(f"{self.path} cannot be read: {error}.") from error
        if not all(isinstance(line, dict) and isinstance(line.get("step"), int) for line in lines):
            raise ZooError(f"{self.path} cannot be read: a line of it is not about a step.")
        return lines


RUN_FORMAT = 2  # of run.json; runs of 0.1.0 have none
LENGTH = "train.steps"  # the one setting that may be another when a run goes on, if no other depends on it


def compare_settings(there: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """What differs between the settings of two runs, as "train.lr is 0.001 there, 0.002 was asked"."""
    then, now = there.get("settings", {}), asked.get("settings", {})
    return _differences(then, now, may_grow=_open_ended(now.get("train", {})))


def compare_provenance(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
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
    if isinstance(there, Mapping) and isinstance(asked, Mapping):
        keys = [*there, *(key for key in asked if key not in there)]
        pairs = [(there.get(key), asked.get(key), f"{name}.{key}".lstrip(".")) for key in keys]
        return [difference for pair in pairs for difference in _differences(*pair, may_grow=may_grow)]
    return [] if there == asked or (may_grow and name == LENGTH) else [f"{name} is {there} there, {asked} was asked"]
