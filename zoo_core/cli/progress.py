"""Shows a run as it goes on: a live bar on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column
from torch import nn

from zoo_core.config.composition import Composition
from zoo_core.evaluation.metrics import VALIDATION_IMAGES, format_metric, select_validation_metrics
from zoo_core.interfaces.hookspecs import Callback
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.trainer import Trainer

NOT_SHOWN = ("images", "temperature", "calibration_error")


class Display(Callback):
    """Common to both displays: where the run is, how fast, and what was measured."""

    def __init__(self) -> None:
        self.steps, self.batch_size, self.first, self.started = 0, 0, 0, 0.0
        self.console = Console(file=sys.stderr, highlight=False, markup=False, soft_wrap=True)

    def training_started(self, run: Mapping[str, Any]) -> None:
        """Says what is about to happen, on which device and why."""
        train = run["settings"]["train"]
        self.steps = train["steps"] + train["finetune_steps"]
        self.batch_size, self.first = train["batch_size"], run["first_step"]
        self.started = perf_counter()
        for remark in run["remarks"]:
            self.console.print(remark)
        if self.first:
            self.console.print(f"Going on from step {self.first}.")

    def training_warned(self, step: int, message: str) -> None:
        """Says what is wrong."""
        self.console.print(f"step {step}  {message}")

    def close(self) -> None:
        """Gives the terminal back, whatever happened."""

    def rate(self, step: int) -> float:
        """Images per second since the start."""
        seconds: float = perf_counter() - self.started
        return (step - self.first) * self.batch_size / seconds


class PlainLines(Display):
    """One line for each line of the metrics log."""

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Prints step, speed, time left and what was measured."""
        words = format_metrics(metrics)
        if not words:
            return
        left = (self.steps - step) * self.batch_size / max(self.rate(step), 1e-9)
        self.console.print(f"step {step}/{self.steps}  {self.rate(step):.0f} images/s  {left:.0f} s left  {words}")


class LiveBar(Display):
    """A bar with step, speed, time left and as many of the newest terms as fit; results stay above it."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[rate]:.0f} images/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            console=self.console,
            expand=True,
        )

    def training_started(self, run: Mapping[str, Any]) -> None:
        """Starts the bar."""
        super().training_started(run)
        self.task = self.bar.add_task("", total=self.steps, completed=self.first, rate=0.0, terms="")
        self.bar.start()

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Moves the bar; held-out results stay as a line above it."""
        self.bar.update(self.task, completed=step, rate=self.rate(step))
        words = format_metrics(metrics)
        if VALIDATION_IMAGES not in metrics:
            self.bar.update(self.task, terms=words)
        elif words:
            self.console.print(f"step {step:>6}  {words}")

    def close(self) -> None:
        """Gives the terminal back, whatever happened."""
        self.bar.stop()


def make_display() -> Display:
    """The display that suits standard error."""
    return LiveBar() if sys.stderr.isatty() else PlainLines()


def format_metrics(metrics: Mapping[str, float]) -> str:
    """Metrics as "G rec 0.123", "validation accuracy 93.1 %"."""
    shown = {name: value for name, value in metrics.items() if name.rpartition("/")[2] not in NOT_SHOWN}
    return "  ".join(_one(name, value) for name, value in shown.items())


def _one(name: str, value: float) -> str:
    place, _, term = name.partition("/")
    player = {"generator": "G ", "discriminator": "D ", "validation": ""}.get(place, f"{place} ")
    return f"{player}{term.replace('_', ' ')} {format_metric(term, value)}"


def describe_run(trainer: Trainer, composition: Composition) -> Iterator[str]:
    """Yields lines that say what is trained, on which images, on which device and why, and where results go."""
    training_step, data = trainer.training_step, trainer.data
    names = {section: component.name for section, component in composition.components.items()}
    yield (
        f"{composition.recipe}: {names['generator']} ({_millions(training_step.generator)}) against {names['discriminator']} "
        f"({_millions(training_step.discriminator)}) by {names['loss']}"
    )
    yield f"Data: {data.describe()}, {data.spec.height}x{data.spec.width}"
    yield from data.images.remarks
    if not data.images.classes:
        yield "These images have no labels: terms over classes are left out."
    elif not data.split.labelled:
        yield "This game uses no labels."
    yield f"Device: {trainer.runtime.device} ({trainer.runtime.reason})"
    if trainer.process_group.is_distributed:
        yield from _together(trainer)
    yield f"Run: {trainer.directory.path}"


def describe_outcome(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines that say what was reached, where the pictures are, and what to type next."""
    held_out = select_validation_metrics(summary)
    images = held_out.pop("images", 0)
    held_out.pop("temperature", None)
    yield f"Trained {summary['steps']} steps." + (f" On {images} validation images:" if held_out else "")
    for metric, value in held_out.items():
        yield f"  {metric.replace('_', ' '):<18} {format_metric(metric, value)}"
    yield f"Pictures: {summary['run_dir']}/samples"
    yield f"Next: zoo {'evaluate' if held_out else 'sample'} {summary['run_dir']}"


def _together(trainer: Trainer) -> Iterator[str]:
    """Yields what several processes share, and what they do not."""
    count = trainer.process_group.rank_info.world_size
    size = trainer.settings.batch_size
    yield f"Processes: {count}, each with {size // count} of the {size} images of a batch"
    layers = [layer for network in trainer.training_step.networks.values() for layer in network.modules()]
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers) and not any(
        isinstance(layer, nn.SyncBatchNorm) for layer in layers
    ):
        yield "BatchNorm sees the images of one process: torch synchronises it on CUDA only."


def _millions(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()) / 1e6:.2f} M parameters"


@contextmanager
def silence_other_ranks(process_group: ProcessGroup) -> Iterator[None]:
    """Silences all processes but the first; an error that leaves this context is told by whoever met it."""
    if process_group.is_main:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
