"""Logs runs for TensorBoard, if it is installed: the extra `gan-zoo[tensorboard]`."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core import hookimpl

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"


class TensorBoardLogger:
    """Logs metrics, sample grids, warnings and checkpoints to RUN/tensorboard."""

    def __init__(self) -> None:
        self.run_dir = Path()
        self.writer: SummaryWriter | None = None

    @hookimpl
    def training_started(self, run: Mapping[str, Any]) -> None:
        """Opens the log. Curves of a resumed run are cut at its first step, from which they are written again."""
        if find_spec("tensorboard") is None:
            return
        from torch.utils.tensorboard import SummaryWriter

        self.run_dir = Path(run["run_dir"]).absolute()
        self.writer = SummaryWriter(str(self.run_dir / FOLDER), purge_step=run["first_step"])

    @hookimpl
    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Logs metrics and, after an evaluation, the sample grid."""
        if self.writer is None:
            return
        for name, value in metrics.items():
            self.writer.add_scalar(name, value, step)
        grid = self.run_dir / "samples" / f"step-{step:08d}.png"
        if grid.exists():
            self._add_image(grid, step)
        self.writer.flush()  # the run may be stopped at any moment

    @hookimpl
    def training_warned(self, step: int, message: str) -> None:
        """Logs the warning as text."""
        if self.writer is not None:
            self.writer.add_text("warning", message, step)

    @hookimpl
    def checkpoint_saved(self, step: int, path: Path) -> None:
        """Logs the path of the checkpoint as text."""
        if self.writer is not None:
            self.writer.add_text("checkpoint", str(path), step)

    @hookimpl
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """Closes the log."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None

    def _add_image(self, path: Path, step: int) -> None:
        import numpy as np
        from PIL import Image

        assert self.writer is not None
        with Image.open(path) as image:
            self.writer.add_image("samples", np.asarray(image.convert("RGB")), step, dataformats="HWC")


plugin = TensorBoardLogger()
