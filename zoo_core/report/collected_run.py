"""Reads the files in a run folder; the dataset of the run is not needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from registry import ZooError
from zoo_core.config.sections import build_training_command
from zoo_core.evaluation.metrics import VALIDATION_IMAGES, select_validation_metrics
from zoo_core.files import read_json
from zoo_core.training.run_directory import RunDirectory

SPLITS = ("validation", "test")
Series = Mapping[int, float]  # values by step


@dataclass(frozen=True)
class CollectedRun:
    """The content of a run folder; the run may be unfinished.

    Attributes:
        directory: The run folder.
        info: The content of run.json.
        log: Lines of metrics.jsonl.
        warnings: Lines of warnings.jsonl.
        skipped: A line for each image file that could not be read.
        summary: The content of summary.json; empty until the run has stopped for the first time.
        evaluations: Results of evaluations by split.
        extremes: The content of extremes.json; empty if there is none.
        samples: Sample grids by step.
    """

    directory: RunDirectory
    info: Mapping[str, Any]
    log: Sequence[Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]
    skipped: Sequence[str]
    summary: Mapping[str, Any]
    evaluations: Mapping[str, Mapping[str, Any]]
    extremes: Mapping[str, Any]
    samples: Mapping[int, Path]

    @property
    def title(self) -> str:
        """The recipe and the dataset, such as "ccgan on digits"."""
        data = self.info.get("components", {}).get("data", {}).get("name")
        return f"{self.info['recipe']} on {data}" if data else f"Run {self.directory.path.resolve().name}"

    @property
    def seed(self) -> int:
        """The random seed."""
        return int(self.info["settings"]["train"]["seed"])

    @property
    def step(self) -> int:
        """The last step in the files."""
        return max(int(self.summary.get("steps", 0)), *(int(line["step"]) for line in self.log), 0)

    @property
    def total_steps(self) -> int:
        """The number of steps after which the run is finished, including fine-tuning."""
        train = self.info["settings"]["train"]
        return int(train["steps"]) + int(train.get("finetune_steps", 0))

    @property
    def is_finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.total_steps

    @property
    def fills_holes(self) -> bool:
        """Whether the sample grids show in-paintings."""
        return "validation/hole_psnr" in self.series

    @property
    def training_command(self) -> str | None:
        """The command that repeats the run; None if it was trained from Python."""
        if "recipe" not in self.info:
            return None
        return build_training_command(self.info["recipe"], self.info["settings"])

    @property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """All settings by section, without the names of components."""
        return {
            section: {name: value for name, value in values.items() if name != "name"}
            for section, values in self.info["settings"].items()
        }

    @cached_property
    def series(self) -> Mapping[str, Series]:
        """The values of each metric and loss term, by their name in the log, such as "generator/rec"."""
        series: dict[str, dict[int, float]] = {}
        for line in self.log:
            for name, value in line.items():
                if name != "step":
                    series.setdefault(name, {})[line["step"]] = value
        return series

    def get_metrics(self, split: str) -> Mapping[str, Any]:
        """The metrics on a split, empty if there are none.

        Without an evaluation of the validation images, these are the last metrics on them that were logged.
        """
        if split in self.evaluations or split != "validation":
            return self.evaluations.get(split, {})
        for line in reversed(self.log):
            if VALIDATION_IMAGES in line:
                return {"step": line["step"], **select_validation_metrics(line)}
        return {}


def collect_run(path: Path) -> CollectedRun:
    """Reads a run folder.

    Raises:
        ZooError: The path is not a run, or one of its files is damaged.
    """
    directory = RunDirectory(path)
    info = directory.read_run()
    if not isinstance(info.get("settings"), dict) or "steps" not in info["settings"].get("train", {}):
        raise ZooError(f"{directory.run_file} cannot be read: it does not contain the settings of the training.")
    evaluations = {split: directory.read_evaluation(split) for split in SPLITS}
    return CollectedRun(
        directory,
        info,
        directory.metrics.read(),
        directory.warnings.read(),
        _read_lines(directory.skipped_file),
        _read_object(directory.summary_file),
        {split: result for split, result in evaluations.items() if result is not None},
        _read_object(directory.extremes_file),
        {int(path.stem.partition("-")[2]): path for path in sorted(directory.samples.glob("step-*.png"))},
    )


def _read_object(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
