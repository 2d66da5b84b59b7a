"""Writes down what comes of a run, and tells observers of it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import Tensor

from registry import ZooError
from zoo_core.evaluation.sample_grid import save_picture
from zoo_core.files import write_json
from zoo_core.interfaces.hookspecs import Observer
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.process_group import Ranks
from zoo_core.training.run_directory import RunDirectory, StepLog


class Journal:
    """The books of one run: metrics, warnings, pictures, checkpoints, summary.

    Args:
        directory: Where they are kept.
        checkpoints: Saves and restores the networks.
        ranks: Who trains; the first process keeps the books and tells the others what it has read in them.
        observers: Told of every entry.
    """

    def __init__(
        self, directory: RunDirectory, checkpoints: Checkpoints, ranks: Ranks, observers: Sequence[Observer] = ()
    ) -> None:
        self.directory = directory
        self.checkpoints = checkpoints
        self.ranks = ranks
        self.observers = observers
        self.metrics = StepLog(directory.metrics_file)
        self.warnings = StepLog(directory.warnings_file)

    def locked(self) -> AbstractContextManager[None]:
        """Keeps every other training from writing in the run's folder."""
        return self.directory.locked()

    def open(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str]) -> State:
        """Opens new books, or goes on with those of the same run from its newest whole checkpoint."""
        remarks = self.directory.start(run, split, skipped)
        state, troubles = self.checkpoints.load_newest()
        with self.directory.writing():
            self.metrics.rewind(state.step)
            self.warnings.rewind(state.step)
        where = {"run_dir": str(self.directory.path), "first_step": state.step, "remarks": [*remarks, *troubles]}
        self._tell("training_started", {**run, **where})
        return self.ranks.agreed(state)

    def log(self, step: int, metrics: Mapping[str, float], picture: Tensor | None = None) -> None:
        """Writes a line of metrics, and the picture that belongs to it."""
        with self.directory.writing():
            if picture is not None:
                save_picture(picture, self.directory.samples / f"step-{step:08d}.png")
            self.metrics.add(step, metrics)
        self._tell("metrics_logged", step, metrics)

    def warn(self, step: int, message: str | None) -> None:
        """Writes a warning down, if there is one."""
        if message is None:
            return
        with self.directory.writing():
            self.warnings.add(step, {"warning": message})
        self._tell("training_warned", step, message)

    def save(self, state: State, run: Mapping[str, Any], keep: int) -> None:
        """Saves a checkpoint; everything written down before is on the disk first."""
        with self.directory.writing():
            self.metrics.sync()
            self.warnings.sync()
        path = self.checkpoints.save(state, run, keep)
        self._tell("checkpoint_saved", state.step, path)

    def go_back(self) -> State:
        """Returns to the newest whole checkpoint; warnings stay."""
        state, _ = self.checkpoints.load_newest()
        with self.directory.writing():
            self.metrics.rewind(state.step)
        return self.ranks.agreed(state)

    def close(self, step: int, took: Mapping[str, float]) -> dict[str, Any]:
        """Writes the summary of a finished run, and returns it."""
        lines = reversed(self.metrics.lines())
        measured: dict[str, Any] = next((line for line in lines if "validation/images" in line), {})
        held_out = {name: value for name, value in measured.items() if name.startswith("validation/")}
        summary = {"steps": step, "run_dir": str(self.directory.path), **took, **held_out}
        with self.directory.writing():
            write_json(self.directory.summary_file, summary)
        self._tell("training_finished", summary)
        return self.ranks.agreed(summary)

    def _tell(self, event: str, *what: Any) -> None:
        for observer in self.observers:
            getattr(observer, event)(*what)


class FollowingJournal(Journal):
    """The books for all processes but the first: they write nothing, and go on from where the first one says."""

    def locked(self) -> AbstractContextManager[None]:
        """Does nothing: the first process has the lock."""
        return nullcontext()

    def open(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str]) -> State:
        """Restores the checkpoint from which the first process goes on."""
        return self._restored()

    def log(self, step: int, metrics: Mapping[str, float], picture: Tensor | None = None) -> None:
        """Does nothing."""

    def warn(self, step: int, message: str | None) -> None:
        """Does nothing."""

    def save(self, state: State, run: Mapping[str, Any], keep: int) -> None:
        """Does nothing."""

    def go_back(self) -> State:
        """Restores the checkpoint to which the first process returns."""
        return self._restored()

    def close(self, step: int, took: Mapping[str, float]) -> dict[str, Any]:
        """Waits for the summary."""
        return self.ranks.agreed({})

    def _restored(self) -> State:
        state = self.ranks.agreed(State())
        path = self.checkpoints.at(state.step)
        if state.step and not path.exists():
            raise ZooError(
                f"Process {self.ranks.place.rank} does not find {path}, from which the first one goes on. Put "
                "`--run-dir` on a disk that all machines share."
            )
        if path.exists():
            self.checkpoints.load(path)
        return state


def newest_score(metrics: Mapping[str, float]) -> float | None:
    """What the best checkpoint is chosen by: accuracy on validation images, else the PSNR inside holes."""
    return metrics.get("accuracy", metrics.get("hole_psnr"))
