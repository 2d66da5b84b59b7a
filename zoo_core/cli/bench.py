"""`zoo bench`: measures how fast a recipe trains on this machine."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli.options import SettingsCommand, compose, json_option
from zoo_core.cli.output import format_count, load_plugins_with_warning, print_json

if TYPE_CHECKING:
    from zoo_core.training.benchmark import BenchmarkResult

UNWRITABLE_DIR = Path(os.devnull) / "run"  # nothing can be written to it


class BenchCommand(SettingsCommand):
    """Has no flags for the length of the training and for what it writes."""

    excluded = frozenset({"steps", "log_every", "evaluate_every", "checkpoint_every", "keep", "retries"})


@click.command(name="bench", cls=BenchCommand, short_help="Measure how fast a recipe trains.")
@click.option("--steps", "count", type=click.IntRange(min=1), default=30, show_default=True,
              help="Number of training steps to time.")  # fmt: skip
@click.option("--warm-up", type=click.IntRange(min=0), default=5, show_default=True,
              help="Number of steps to train first, without timing them.")  # fmt: skip
@json_option
def command(recipe: str, config: Path | None, count: int, warm_up: int, as_json: bool, **flags: Any) -> None:
    """Measure how fast a recipe trains on this machine, with its dataset and settings. Nothing is written.

    The time of a step includes loading its batches and updating both networks. Results are only reliable on an idle
    machine. With torchrun, as `torchrun -m zoo_core bench ...`, several processes train together.
    """
    from zoo_core.cli.progress import silence_other_ranks
    from zoo_core.training.benchmark import run_benchmark
    from zoo_core.training.process_group import join_process_group

    composition = compose(load_plugins_with_warning().catalogue, recipe, config, flags)
    with join_process_group(composition.settings["train"]["device"]), silence_other_ranks():
        result = run_benchmark(composition.build_trainer(UNWRITABLE_DIR), count, warm_up)
        if as_json:
            print_json({"recipe": recipe, **asdict(result)})
            return
        click.echo(f"{recipe} on {composition.components['data'].name}: {_describe_conditions(result)}")
        click.echo("\n".join(_format_result(result)))


def _describe_conditions(result: "BenchmarkResult") -> str:
    size, threads = f"{result.image_size}x{result.image_size}", format_count(result.threads, "thread")
    if result.processes > 1:
        threads = f"{result.processes} processes with {threads} each"
    return f"{size}, batches of {result.batch_size}, {result.precision} on {result.device}, {threads}"


def _format_result(result: "BenchmarkResult") -> Iterator[str]:
    """Yields a line for each result."""
    low, high = result.step_ms_quartiles
    memory = "not recorded" if result.peak_memory_mb is None else f"{result.peak_memory_mb:,.0f} MB"
    yield f"  {'images per second':<18} {result.images_per_second:,.1f}"
    yield f"  {'step':<18} {result.step_ms:,.1f} ms, median of {result.steps}; quartiles {low:,.1f} and {high:,.1f} ms"
    yield f"  {'waiting for data':<18} {100 * result.data_wait:.2f} % of the time"
    if result.processes > 1:
        yield f"  {'averaging':<18} {100 * result.averaging:.2f} % of the time"
    yield f"  {'peak memory':<18} {memory}, {result.peak_memory_of}"
