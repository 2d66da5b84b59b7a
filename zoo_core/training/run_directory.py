"""The folder of a run: its files, the lock that keeps other trainings out, and what has changed since its start."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from registry import UsageError, ZooError
from zoo_core.files import DRAFT_SUFFIX, StepLog, read_json, write_json, write_text

RUN_FORMAT = 2  # of run.json; runs of gan-zoo 0.1.0 have no format


class RunDirectory:
    """The folder of a run, with run.json, split.json, metrics.jsonl, summary.json, samples/ and checkpoints/.

    Runs with warnings or unreadable images also have warnings.jsonl and skipped-files.txt. After the last step, the
    evaluation on validation images is added, extremes/ if the generator fills holes, and report.html. Methods raise a
    `ZooError` if a file cannot be written, is missing or damaged, or has another format.
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
        """Whether a run was started in this folder."""
        return self.run_file.is_file()

    def has_unfinished_run(self, settings: Mapping[str, Any]) -> bool:
        """Whether a run with exactly these settings was started in this folder and has not finished."""
        is_unfinished = self.has_run and not self.summary_file.exists()
        return bool(is_unfinished and read_json(self.run_file).get("settings") == settings)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes from training in this folder; the lock ends with this process, however that ends.

        Raises:
            UsageError: The folder contains other files, or another process is training in it.
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
                    f"Another process is training in {self.path}. Wait until it has ended, or name another folder with "
                    "`--run-dir`."
                ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def report_write_errors(self) -> Iterator[None]:
        """Explains what to do if something cannot be written, such as on a full disk."""
        try:
            yield
        except OSError as error:
            raise ZooError(
                f"{self.path} cannot be written: {error}. Everything saved before is intact. Make room and resume with "
                "the same command, or name another folder with `--run-dir`."
            ) from error

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str] = ()) -> list[str]:
        """Describes a new run in its files, or checks that it is the run that is already there, perhaps extended.

        Args:
            run: The content of run.json.
            split: The content of split.json.
            skipped: A line for each file that could not be read.

        Returns:
            A sentence for each change since the run was started, such as another version of a plugin.

        Raises:
            UsageError: The folder contains a run with other settings or other images.
        """
        changes = self._check_same_run(run, split) if self.has_run else []
        with self.report_write_errors():
            self.samples.mkdir(exist_ok=True)
            self.checkpoints.mkdir(exist_ok=True)
            write_json(self.split_file, split)
            if skipped:
                write_text(self.skipped_file, "".join(f"{line}\n" for line in skipped))
            write_json(self.run_file, run)
        return changes

    def read_run(self) -> dict[str, Any]:
        """The content of run.json."""
        if not self.has_run:
            raise ZooError(f"{self.path} is not a run: it has no run.json. `zoo train RECIPE` creates one in runs/.")
        run = read_json(self.run_file)
        if "format" not in run:
            raise ZooError(
                f"{self.path} was trained by gan-zoo 0.1.0, whose names of settings differ: install gan-zoo==0.1.0 to "
                "use it, or train it again in a new folder."
            )
        if run["format"] != RUN_FORMAT:
            raise ZooError(
                f"{self.path} has run format {run['format']}; this version reads format {RUN_FORMAT}. Install a newer "
                "gan-zoo to use it."
            )
        return run

    def read_split(self) -> dict[str, list[int]]:
        """The content of split.json: the positions of labelled, unlabelled and validation images."""
        self.read_run()
        return read_json(self.split_file)

    def write_evaluation(self, result: Mapping[str, Any]) -> None:
        """Saves the evaluation on one split with one kind of weights, in place of an earlier one."""
        with self.report_write_errors():
            write_json(self._get_evaluation_file(result["split"], result["weights"]), result)

    def read_evaluation(self, split: str, *weights: str) -> dict[str, Any] | None:
        """The last evaluation on a split, or None if there is none.

        Args:
            split: "validation" or "test".
            weights: "ema" or "raw", or both in order of preference; EMA weights first if not given.
        """
        files = [self._get_evaluation_file(split, kind) for kind in weights or ("ema", "raw")]
        return next((read_json(path) for path in files if path.is_file()), None)

    def _get_evaluation_file(self, split: str, weights: str) -> Path:
        return self.path / f"evaluation-{split}-{weights}.json"

    def _is_free(self) -> bool:
        """Whether there is nothing in this folder but files of a run that was killed before run.json was written."""
        if not self.path.exists():
            return True
        files = (self.split_file, self.skipped_file, self.run_file)
        drafts = {path.with_name(path.name + DRAFT_SUFFIX) for path in files}
        own = {self.lock_file, self.split_file, self.skipped_file, self.samples, self.checkpoints}
        return self.path.is_dir() and set(self.path.iterdir()) <= own | drafts

    def _check_same_run(self, run: Mapping[str, Any], split: Mapping[str, Any]) -> list[str]:
        existing = self.read_run()
        differences = compare_settings(existing, run)
        if differences:
            raise UsageError(
                f"{self.path} contains a run with other settings. {' '.join(differences)} Use the same settings to "
                "resume it, or name a new folder with `--run-dir`."
            )
        if self.read_split() != split or existing.get("images") != run.get("images"):
            raise UsageError(
                f"The images have changed since the run in {self.path} was started. Restore them to resume it, or name "
                "a new folder with `--run-dir`."
            )
        return compare_provenance(existing, run)


def compare_settings(existing: Mapping[str, Any], requested: Mapping[str, Any]) -> list[str]:
    """A sentence for each setting in which run.json differs from the requested one.

    A longer training is no difference if it starts with the same steps.
    """
    before, now = (_flatten(run.get("settings", {})) for run in (existing, requested))
    is_extendable = now.get("train.schedule", "constant") == "constant" and not now.get("train.finetune_steps")
    return [
        f"The run uses {name}={before.get(name)}; {now.get(name)} was requested."
        for name in before | now
        if before.get(name) != now.get(name) and not (is_extendable and name == "train.steps")
    ]


def compare_provenance(existing: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """A sentence for each component and package whose version has changed since a run was started.

    Args:
        existing: The content of run.json, or of an exported model's config.json.
        current: The same for what is installed now.
    """
    return [
        f"{name} was {before} when the run was started; it is {now} now."
        for (name, before), (_, now) in zip(_list_versions(existing), _list_versions(current), strict=False)
        if before != now
    ]


def _flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted name, such as "train.lr"."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        is_section = isinstance(value, Mapping) and value
        flat |= _flatten(value, f"{prefix}{name}.") if is_section else {f"{prefix}{name}": value}
    return flat


def _list_versions(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, part in sorted(run.get("components", {}).items()):
        yield f"The {section} {part['plugin']}:{part['name']}", f"from {part['distribution']} {part['version']}"
    yield from sorted(run.get("versions", {}).items())
