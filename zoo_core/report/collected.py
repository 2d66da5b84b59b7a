"""Reads what a run has left in its folder; its data may be gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry import ZooError
from zoo_core.files import read_json
from zoo_core.training.run_directory import RunDirectory

SPLITS = ("validation", "test")
Series = Mapping[int, float]


@dataclass(frozen=True)
class CollectedRun:
    """A run as its files tell of it, finished or not.

    Attributes:
        directory: Its folder.
        run: What run.json holds.
        metrics: Lines of metrics.jsonl.
        warnings: Lines of warnings.jsonl.
        skipped: Files that could not be read, a line for each.
        summary: What summary.json holds; nothing before the first end of the run.
        evaluations: What was measured, by split.
        extremes: What extremes.json holds; nothing where there are none.
        samples: Sample grids by step.
    """

    directory: RunDirectory
    run: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]
    skipped: Sequence[str]
    summary: Mapping[str, Any]
    evaluations: Mapping[str, Mapping[str, Any]]
    extremes: Mapping[str, Any]
    samples: Mapping[int, Path]

    @property
    def train(self) -> Mapping[str, Any]:
        """The settings of its training."""
        train: Mapping[str, Any] = self.run["settings"]["train"]
        return train

    @property
    def total_steps(self) -> int:
        """Steps that it is to have, of both stages."""
        return int(self.train["steps"]) + int(self.train.get("finetune_steps", 0))

    @property
    def step(self) -> int:
        """The last step that was written down."""
        return max(int(self.summary.get("steps", 0)), *(int(line["step"]) for line in self.metrics), 0)

    @property
    def title(self) -> str:
        """What was trained on what, such as "ccgan on digits"."""
        data = self.run.get("components", {}).get("data", {}).get("name")
        return f"{self.run['recipe']} on {data}" if data else f"Run {self.directory.path.resolve().name}"

    @property
    def fills_holes(self) -> bool:
        """Whether its sample grids show in-paintings."""
        return any("validation/hole_psnr" in line for line in self.metrics)

    def series(self) -> Mapping[str, Series]:
        """Every metric as values by step; the place it belongs to comes before a slash, as in "generator/rec"."""
        found: dict[str, dict[int, float]] = {}
        for line in self.metrics:
            for name, value in line.items():
                if name != "step":
                    found.setdefault(name, {})[line["step"]] = value
        return found

    def measures(self, split: str) -> Mapping[str, Any]:
        """What was measured on a split; for validation images also what was measured last in training."""
        if split in self.evaluations or split != "validation":
            return self.evaluations.get(split, {})
        newest: Mapping[str, Any] = next((line for line in reversed(self.metrics) if "validation/images" in line), {})
        return {name.removeprefix("validation/"): value for name, value in newest.items()}


def collect_run(path: Path) -> CollectedRun:
    """Reads a run.

    Raises:
        ZooError: It is no run, or a file of it is damaged.
    """
    directory = RunDirectory(path)
    run = directory.read_run()
    if not isinstance(run.get("settings"), dict) or "steps" not in run["settings"].get("train", {}):
        raise ZooError(f"{directory.run_file} cannot be read: it does not say how the run was trained.")
    measured = {split: directory.read_evaluation(split) for split in SPLITS}
    return CollectedRun(
        directory,
        run,
        read_metrics(path),
        directory.warnings.read(),
        _lines(directory.skipped_file),
        _object(directory.summary_file),
        {split: result for split, result in measured.items() if result is not None},
        _object(directory.extremes_file),
        {int(path.stem.partition("-")[2]): path for path in sorted(directory.samples.glob("step-*.png"))},
    )


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl.

    Raises:
        ZooError: It is no run, or the file is damaged.
    """
    directory = RunDirectory(path)
    directory.read_run()
    return directory.metrics.read()


def _object(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
