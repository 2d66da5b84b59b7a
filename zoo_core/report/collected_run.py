"""Reads the files in a run folder; the dataset of the run is not needed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from registry import ZooError
from zoo_core.config.sections import build_training_command
from zoo_core.evaluation.metrics import VALIDATION_IMAGES, select_validation_metrics
from zoo_core.files import read_json
from zoo_core.training.run_directory import RunDirectory

SPLITS = ("validation", "test")
NOT_PART_OF_METHOD = {"log_every", "evaluate_every", "checkpoint_every", "keep", "device", "seed"}
Series = Mapping[int, float]  # values by step
Table = list[tuple[str, ...]]  # text of a page; the first row and the first column are headers


class CollectedRun:
    """The content of a run folder; the run may be unfinished. Files other than run.json are read on first use.

    Attributes:
        directory: The run folder.
        info: The content of run.json.

    Raises:
        ZooError: The path is not a run, or one of its files is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.directory = RunDirectory(path)
        self.info: Mapping[str, Any] = self.directory.read_run()
        settings = self.info.get("settings")
        if not isinstance(settings, dict) or "steps" not in settings.get("train", {}):
            file = self.directory.run_file
            raise ZooError(f"{file} cannot be read: it does not contain the settings of the training.")

    @cached_property
    def log(self) -> Sequence[Mapping[str, Any]]:
        """Lines of metrics.jsonl."""
        return self.directory.metrics.read()

    @cached_property
    def warnings(self) -> Sequence[Mapping[str, Any]]:
        """Lines of warnings.jsonl."""
        return self.directory.warnings.read()

    @cached_property
    def skipped(self) -> Sequence[str]:
        """A line for each image file that could not be read."""
        file = self.directory.skipped_file
        return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The content of summary.json; empty until the run has stopped for the first time."""
        return _read_object(self.directory.summary_file)

    @cached_property
    def evaluations(self) -> Mapping[str, Mapping[str, Any]]:
        """Results of evaluations by split."""
        results = {split: self.directory.read_evaluation(split) for split in SPLITS}
        return {split: result for split, result in results.items() if result is not None}

    @cached_property
    def extremes(self) -> Mapping[str, Any]:
        """The content of extremes.json; empty if there is none."""
        return _read_object(self.directory.extremes_file)

    @cached_property
    def samples(self) -> Mapping[int, Path]:
        """Sample grids by step."""
        paths = sorted(self.directory.samples.glob("step-*.png"))
        return {int(path.stem.partition("-")[2]): path for path in paths}

    @cached_property
    def data(self) -> str:
        """The training data, such as "fashion-mnist, 100 labels, 32 px"."""
        data, labels = self.info["settings"]["data"], self.directory.read_split()["labelled"]
        return f"{data['name'].rpartition(':')[2]}, {len(labels)} labels, {data['image_size']} px"

    @cached_property
    def method(self) -> Mapping[str, str]:
        """All settings of networks, loss and training that influence the result, except for the seed."""
        return {
            f"{section}.{name}": str(value)
            for section in ("generator", "discriminator", "loss", "train")
            for name, value in self.info["settings"][section].items()
            if name not in NOT_PART_OF_METHOD
        }

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

    def require_evaluation(self, split: str) -> Mapping[str, Any]:
        """The result of `zoo evaluate` on a split.

        Raises:
            ZooError: The run was not evaluated on this split.
        """
        path, result = self.directory.path, self.directory.read_evaluation(split)
        if result is None:
            raise ZooError(
                f"{path} was not evaluated on its {split} images. Run `zoo evaluate {path} --split {split}`."
            )
        return result

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


def _read_object(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}
