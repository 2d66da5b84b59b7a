"""Logs a run: metrics, warnings, sample grids, checkpoints and the summary; every entry is passed to callbacks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import Tensor

from registry import ZooError
from zoo_core.evaluation.metrics import VALIDATION_IMAGES, VALIDATION_PREFIX
from zoo_core.evaluation.sample_grid import save_grid
from zoo_core.files import write_json
from zoo_core.interfaces.hooks import Callback
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.run_directory import RunDirectory


class RunLogger:
    """Writes the files of a run in the main process, and sends the other processes what it has read.

    Callbacks are called after each entry.
    """

    def __init__(
        self,
        directory: RunDirectory,
        checkpoints: Checkpoints,
        process_group: ProcessGroup,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        self.directory = directory
        self.checkpoints = checkpoints
        self.process_group = process_group
        self.callbacks = callbacks

    def lock(self) -> AbstractContextManager[None]:
        """Keeps other trainings from writing to the run's folder."""
        return self.directory.lock()

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str]) -> State:
        """Starts a new run, or resumes the same run from its newest intact checkpoint."""
        notes = self.directory.start(run, split, skipped)
        state, problems = self.checkpoints.load_newest()
        with self.directory.report_write_errors():
            self.directory.metrics.rewind(state.step)
            self.directory.warnings.rewind(state.step)
        where = {"run_dir": str(self.directory.path), "first_step": state.step, "notes": [*notes, *problems]}
        for callback in self.callbacks:
            callback.training_started({**run, **where})
        return self.process_group.broadcast_object(state)

    def log(self, step: int, metrics: Mapping[str, float], grid: Tensor | None = None) -> None:
        """Writes a line of metrics, after the sample grid that belongs to it."""
        with self.directory.report_write_errors():
            if grid is not None:
                save_grid(grid, self.directory.samples / f"step-{step:08d}.png")
            self.directory.metrics.add(step, metrics)
        for callback in self.callbacks:
            callback.metrics_logged(step, metrics)

    def warn(self, step: int, message: str | None) -> None:
        """Writes a warning, if there is one."""
        if message is None:
            return
        with self.directory.report_write_errors():
            self.directory.warnings.add(step, {"warning": message})
        for callback in self.callbacks:
            callback.training_warned(step, message)

    def save_checkpoint(self, state: State, run: Mapping[str, Any], keep: int) -> None:
        """Saves a checkpoint, once everything that was logged before is on the disk."""
        with self.directory.report_write_errors():
            self.directory.metrics.sync()
            self.directory.warnings.sync()
        path = self.checkpoints.save(state, run, keep)
        for callback in self.callbacks:
            callback.checkpoint_saved(state.step, path)

    def restore_checkpoint(self) -> State:
        """Returns to the newest intact checkpoint; warnings are kept."""
        state, _ = self.checkpoints.load_newest()
        with self.directory.report_write_errors():
            self.directory.metrics.rewind(state.step)
        return self.process_group.broadcast_object(state)

    def finish(self, step: int, timing: Mapping[str, float]) -> dict[str, Any]:
        """Writes the summary of a finished run, and returns it."""
        lines = reversed(self.directory.metrics.read())
        newest: dict[str, Any] = next((line for line in lines if VALIDATION_IMAGES in line), {})
        validation = {name: value for name, value in newest.items() if name.startswith(VALIDATION_PREFIX)}
        summary = {"steps": step, "run_dir": str(self.directory.path), **timing, **validation}
        with self.directory.report_write_errors():
            write_json(self.directory.summary_file, summary)
        for callback in self.callbacks:
            callback.training_finished(summary)
        return self.process_group.broadcast_object(summary)


class SilentRunLogger(RunLogger):
    """The logger of all other processes: writes nothing, and restores the checkpoint that the main process names."""

    def lock(self) -> AbstractContextManager[None]:
        """Does nothing: the main process holds the lock."""
        return nullcontext()

    def start(self, run: Mapping[str, Any], split: Mapping[str, Any], skipped: Sequence[str]) -> State:
        """Restores the checkpoint from which the main process resumes."""
        return self.restore_checkpoint()

    def log(self, step: int, metrics: Mapping[str, float], grid: Tensor | None = None) -> None:
        """Does nothing."""

    def warn(self, step: int, message: str | None) -> None:
        """Does nothing."""

    def save_checkpoint(self, state: State, run: Mapping[str, Any], keep: int) -> None:
        """Does nothing."""

    def restore_checkpoint(self) -> State:
        """Restores the checkpoint to which the main process returns."""
        state = self.process_group.broadcast_object(State())
        path = self.checkpoints.get_path(state.step)
        if state.step and not path.exists():
            raise ZooError(
                f"Process {self.process_group.rank_info.rank} cannot find {path}, from which the main process resumes. "
                "Choose a `--run-dir` on a disk that all machines share."
            )
        if path.exists():
            self.checkpoints.load(path)
        return state

    def finish(self, step: int, timing: Mapping[str, float]) -> dict[str, Any]:
        """Receives the summary from the main process."""
        return self.process_group.broadcast_object({})
