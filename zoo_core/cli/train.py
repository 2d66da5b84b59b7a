"""`zoo train`: trains a GAN with a recipe."""

import re
import shlex
import sys
from collections.abc import Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry import UsageError
from zoo_core.cli.options import SettingsCommand, compose, json_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_table
from zoo_core.training.run_directory import RunDirectory

if TYPE_CHECKING:
    from registry import Plugins
    from zoo_core.cli.progress import Display
    from zoo_core.config.composition import Composition
    from zoo_core.training.stopping import StopCondition
    from zoo_core.training.trainer import Trainer

RUNS_DIR = Path("runs")


@click.command(name="train", cls=SettingsCommand, short_help="Train a GAN with a recipe, such as ccgan.")
@click.option("--run-dir", type=Path, metavar="DIR", help="Run folder. Default: runs/RECIPE-DATASET-NUMBER.")
@click.option("--resume/--no-resume", default=True, help="Resume an unfinished run with the same settings (default).")
@click.option("--max-hours", type=click.FloatRange(min=0, min_open=True), metavar="HOURS",
              help="Save a checkpoint and stop after this time; the same command resumes the run.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check everything and print all settings, but do not train.")
@json_option
def command(
    recipe: str,
    config: Path | None,
    run_dir: Path | None,
    resume: bool,
    max_hours: float | None,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train a GAN with a recipe, such as ccgan. `zoo list recipe` lists all recipes.

    A recipe has default settings and a default dataset; those of ccgan need no download.

    Ctrl-C or SIGTERM stops the training after the current step and saves a checkpoint. With torchrun, as
    `torchrun -m zoo_core train ...`, several processes train together.
    """
    from zoo_core.cli.progress import describe_outcome, silence_other_ranks
    from zoo_core.training.process_group import ProcessGroup, join_process_group
    from zoo_core.training.stopping import StopCondition

    stop, plugins = StopCondition(max_hours), load_plugins_with_warning()
    composition = compose(plugins.catalogue, recipe, config, flags)
    name = f"{recipe.rpartition(':')[2]}-{composition.components['data'].name}"
    with join_process_group(composition.settings["train"]["device"]), silence_other_ranks():
        directory = choose_run_dir(run_dir, name, composition.settings, resume)
        directory = ProcessGroup.current().broadcast_object(directory)
        trainer, display = _build_trainer(composition, directory, plugins)
        if dry_run:
            _print_settings(composition, as_json)
            return
        summary = _run_training(trainer, display, stop)
        if as_json:
            print_json(summary)
        else:
            click.echo("\n".join(describe_outcome(summary)))


def _build_trainer(composition: "Composition", directory: Path, plugins: "Plugins") -> "tuple[Trainer, Display]":
    """Reads the data and prints what will be trained; returns the trainer and the display of its progress."""
    from zoo_core.cli.progress import LiveBar, PlainLines, describe_run
    from zoo_core.interfaces.hooks import PluginCallback

    display = LiveBar() if sys.stderr.isatty() else PlainLines()
    click.echo(f"Reading {composition.settings['data']['root'] or composition.components['data'].name} ...", err=True)
    trainer = composition.build_trainer(directory, [display, PluginCallback(plugins, partial(click.echo, err=True))])
    click.echo("\n".join(describe_run(trainer, composition)), err=True)
    return trainer, display


def _run_training(trainer: "Trainer", display: "Display", stop: "StopCondition") -> dict[str, Any]:
    """Trains and returns the summary; if the training was stopped, prints how to resume it and exits."""
    from zoo_core.training.stopping import StoppedError

    try:
        with stop:
            return trainer.train(stop)
    except StoppedError:
        command = _build_resume_command(sys.argv[1:], trainer.directory.path)
        click.echo(f"zoo: {stop.reason} at step {trainer.step}; checkpoint saved. Resume with `{command}`.", err=True)
        sys.exit(stop.exit_code)
    finally:
        display.close()


def _build_resume_command(arguments: list[str], run_dir: Path) -> str:
    """Builds the command that resumes a run from the arguments that started it."""
    repeated = [argument for argument in arguments if argument != "--no-resume"]
    has_run_dir = any(argument.partition("=")[0] == "--run-dir" for argument in repeated)
    return shlex.join(["zoo", *repeated] if has_run_dir else ["zoo", *repeated, "--run-dir", str(run_dir)])


def _print_settings(composition: "Composition", as_json: bool) -> None:
    if as_json:
        print_json(composition.describe())
        return
    sections = composition.settings.items()
    rows = [(f"{section}.{name}", str(value)) for section, options in sections for name, value in options.items()]
    print_table(rows, ("SETTING", "VALUE"))


def choose_run_dir(requested: Path | None, name: str, settings: Mapping[str, Any], resume: bool) -> Path:
    """Chooses the folder of a run: that of `--run-dir`, else `name` in runs/ with the next free number.

    With `resume`, an unfinished run with the same settings in runs/ is chosen before a new folder.

    Raises:
        UsageError: `requested` contains a run, but `resume` is false.
    """
    if requested is not None:
        if RunDirectory(requested).has_run and not resume:
            raise UsageError(f"{requested} contains a run. Omit `--no-resume` to resume it, or choose a new folder.")
        return requested
    name = re.sub(r"[^\w.-]+", "-", name)
    paths = (RUNS_DIR / f"{name}-{number}" for number in count(1))
    return next(p for p in paths if not p.exists() or (resume and RunDirectory(p).has_unfinished_run(settings)))
