"""What a training prints: a summary before and after it, and its progress as a live bar or as plain lines."""

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

from zoo_core.cli.output import format_count
from zoo_core.config.composition import Composition
from zoo_core.evaluation.metrics import VALIDATION_IMAGES, format_metric, select_validation_metrics
from zoo_core.interfaces.hooks import Callback
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.trainer import Trainer

HIDDEN_METRICS = ("images", "temperature", "calibration_error")
NETWORK_LABELS = {"generator": "G ", "discriminator": "D ", "validation": ""}


class Display(Callback):
    """Base class of both displays."""

    def __init__(self) -> None:
        self.steps, self.batch_size, self.first_step, self.start_time = 0, 0, 0, 0.0
        self.console = Console(file=sys.stderr, highlight=False, markup=False, soft_wrap=True)

    def training_started(self, run: Mapping[str, Any]) -> None:
        """Prints notes, and the step from which the run resumes."""
        train = run["settings"]["train"]
        self.steps = train["steps"] + train["finetune_steps"]
        self.batch_size, self.first_step = train["batch_size"], run["first_step"]
        self.start_time = perf_counter()
        for note in run["notes"]:
            self.console.print(note)
        if self.first_step:
            self.console.print(f"Resuming from step {self.first_step}.")

    def training_warned(self, step: int, message: str) -> None:
        """Prints a warning."""
        self.console.print(f"step {step}  {message}")

    def close(self) -> None:
        """Restores the terminal."""

    def compute_speed(self, step: int) -> float:
        """Images per second since the run was started or resumed."""
        seconds: float = perf_counter() - self.start_time
        return (step - self.first_step) * self.batch_size / seconds


class PlainLines(Display):
    """One line for each line of metrics.jsonl."""

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Prints the step, the speed, the remaining time, and loss terms or metrics."""
        text = format_metrics(metrics)
        if not text:
            return
        speed = self.compute_speed(step)
        seconds_left = (self.steps - step) * self.batch_size / max(speed, 1e-9)
        self.console.print(f"step {step}/{self.steps}  {speed:.0f} images/s  {seconds_left:.0f} s left  {text}")


class LiveBar(Display):
    """A bar with the step, the speed, the remaining time and as many loss terms as fit, below the metrics."""

    def __init__(self) -> None:
        super().__init__()
        self.bar = Progress(
            TextColumn("step"),
            MofNCompleteColumn(),
            BarColumn(bar_width=12),
            TextColumn("{task.fields[speed]:.0f} images/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            console=self.console,
            expand=True,
        )

    def training_started(self, run: Mapping[str, Any]) -> None:
        """Starts the bar."""
        super().training_started(run)
        self.task = self.bar.add_task("", total=self.steps, completed=self.first_step, speed=0.0, terms="")
        self.bar.start()

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Updates the bar; metrics on validation images are printed above it."""
        self.bar.update(self.task, completed=step, speed=self.compute_speed(step))
        text = format_metrics(metrics)
        if VALIDATION_IMAGES not in metrics:
            self.bar.update(self.task, terms=text)
        elif text:
            self.console.print(f"step {step:>6}  {text}")

    def close(self) -> None:
        """Restores the terminal."""
        self.bar.stop()


def format_metrics(metrics: Mapping[str, float]) -> str:
    """Formats loss terms and metrics, such as "G rec 0.123  D adv 0.693" or "accuracy 93.1 %"."""
    displayed = {name: value for name, value in metrics.items() if name.rpartition("/")[2] not in HIDDEN_METRICS}
    return "  ".join(_format_named_metric(name, value) for name, value in displayed.items())


def _format_named_metric(name: str, value: float) -> str:
    group, _, term = name.partition("/")
    return f"{NETWORK_LABELS.get(group, f'{group} ')}{term.replace('_', ' ')} {format_metric(term, value)}"


def describe_run(trainer: Trainer, composition: Composition) -> Iterator[str]:
    """Yields lines on what is trained, on which images, on which device and why, and where results are saved."""
    training_step, data = trainer.training_step, trainer.data
    names = {section: component.name for section, component in composition.components.items()}
    yield (
        f"{composition.recipe}: {names['generator']} ({_count_parameters(training_step.generator)}) and "
        f"{names['discriminator']} ({_count_parameters(training_step.discriminator)}), loss {names['loss']}"
    )
    yield f"Data: {data.describe()}, {data.spec.height}x{data.spec.width}"
    yield from data.images.notes
    if not data.images.classes:
        yield "These images have no labels: class terms are left out."
    elif not data.split.labelled:
        yield "This recipe uses no labels."
    yield f"Device: {trainer.runtime.device} ({trainer.runtime.reason})"
    if trainer.process_group.is_distributed:
        yield from _describe_processes(trainer)
    yield f"Run folder: {trainer.directory.path}"


def describe_outcome(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines on the metrics, where the sample grids are, and what to type next."""
    metrics = select_validation_metrics(summary)
    images = metrics.pop("images", 0)
    metrics.pop("temperature", None)
    steps = format_count(summary["steps"], "step")
    yield f"Trained for {steps}. On {images} validation images:" if metrics else f"Trained for {steps}."
    for name, value in metrics.items():
        yield f"  {name.replace('_', ' '):<18} {format_metric(name, value)}"
    yield f"Sample grids: {summary['run_dir']}/samples"
    yield f"Next: zoo {'evaluate' if metrics else 'sample'} {summary['run_dir']}"


def _describe_processes(trainer: Trainer) -> Iterator[str]:
    """Yields lines on how several processes divide the work."""
    count = trainer.process_group.rank_info.world_size
    size = trainer.settings.batch_size
    yield f"Processes: {count}, each with {size // count} of the {size} images of a batch"
    layers = [layer for network in trainer.training_step.networks.values() for layer in network.modules()]
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers) and not any(
        isinstance(layer, nn.SyncBatchNorm) for layer in layers
    ):
        yield "BatchNorm uses the images of each process separately: torch synchronises it only on CUDA."


def _count_parameters(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()) / 1e6:.2f} M parameters"


@contextmanager
def silence_other_ranks() -> Iterator[None]:
    """Silences all processes except the main one; an error that leaves this context is still printed."""
    if ProcessGroup.current().is_main:
        yield
        return
    with open(os.devnull, "w") as devnull, redirect_stdout(devnull), redirect_stderr(devnull):
        yield
