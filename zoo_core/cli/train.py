"""`zoo train`: from a recipe to a trained GAN."""

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
from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table
from zoo_core.cli.settings import SettingsCommand, recipe_and_settings
from zoo_core.training.run_directory import RunDirectory

if TYPE_CHECKING:
    from registry import Plugins
    from zoo_core.cli.progress import Display
    from zoo_core.config.composition import Composition
    from zoo_core.training.stopping import StopCondition
    from zoo_core.training.trainer import Trainer


@click.command(name="train", cls=SettingsCommand, short_help="Train a GAN by a recipe, such as ccgan.")
@recipe_and_settings
@click.option("--run-dir", type=Path, metavar="DIR", help="Folder for results; runs/RECIPE-DATA-NUMBER if not given.")
@click.option("--resume/--no-resume", default=True, help="Go on with an unfinished run of the same settings (default).")
@click.option("--max-hours", type=click.FloatRange(min=0, min_open=True), metavar="HOURS",
              help="Save and end when this time is up; the same command goes on.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check everything and show the settings; train and write nothing.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    recipe: str,
    config: Path | None,
    run_dir: Path | None,
    resume: bool,
    max_hours: float | None,
    dry_run: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Train a GAN by a recipe, such as ccgan. `zoo list recipe` shows all recipes.

    Without further options it takes the data that come with the zoo and settings that suit them. Ctrl-C and SIGTERM
    finish the step and save it. Under torchrun, as `torchrun -m zoo_core train ...`, several processes train together.
    """
    from zoo_core.cli.progress import describe_outcome, silence_other_ranks
    from zoo_core.config.request import compose
    from zoo_core.training.process_group import ProcessGroup, join_process_group
    from zoo_core.training.stopping import StopCondition

    stop, plugins = StopCondition(max_hours), load_installed_plugins()
    composition = compose(plugins.catalogue, recipe, config, flags)
    name = f"{recipe.rpartition(':')[2]}-{composition.components['data'].name}"
    with (
        join_process_group(composition.settings["train"]["device"]),
        silence_other_ranks(process_group := ProcessGroup.current()),
    ):
        directory = process_group.broadcast_object(choose_run_dir(run_dir, name, composition.settings, resume))
        trainer, shown = _prepared(composition, directory, plugins)
        if dry_run:
            _print_settings(composition, as_json)
            return
        summary = _trained(context, trainer, shown, stop)
        if as_json:
            print_json(summary)
        else:
            click.echo("\n".join(describe_outcome(summary)))


def _prepared(composition: "Composition", directory: Path, plugins: "Plugins") -> "tuple[Trainer, Display]":
    """A trainer that has read its data, and what shows how it goes on."""
    from zoo_core.cli.progress import describe_run, make_display
    from zoo_core.interfaces.plugin_hooks import PluginCallback

    shown = make_display()
    click.echo(f"Reading {composition.settings['data']['root'] or composition.components['data'].name} ...", err=True)
    trainer = composition.trainer(directory, [shown, PluginCallback(plugins, partial(click.echo, err=True))])
    click.echo("\n".join(describe_run(trainer, composition)), err=True)
    return trainer, shown


def _trained(context: click.Context, trainer: "Trainer", shown: "Display", stop: "StopCondition") -> dict[str, Any]:
    """The summary of the whole training; if it was stopped, says how to go on and ends the program."""
    from zoo_core.training.stopping import StoppedError

    try:
        with stop:
            return trainer.train(stop)
    except StoppedError:
        going_on = shlex.join(["zoo", *_going_on(sys.argv[1:], trainer.directory.path)])
        click.echo(f"zoo: {stop.reason} at step {trainer.step}, and saved. Go on with `{going_on}`.", err=True)
        context.exit(stop.exit_code)
    finally:
        shown.close()


def _going_on(arguments: list[str], directory: Path) -> list[str]:
    """The arguments with which a run in a directory goes on."""
    kept = [argument for argument in arguments if argument != "--no-resume"]
    named = any(argument.partition("=")[0] == "--run-dir" for argument in kept)
    return kept if named else [*kept, "--run-dir", str(directory)]


def _print_settings(composition: "Composition", as_json: bool) -> None:
    if as_json:
        print_json(composition.description())
        return
    rows = [(f"{section}.{key}", str(value)) for section, v in composition.settings.items() for key, value in v.items()]
    print_table(rows, ("SETTING", "VALUE"))


HOME = Path("runs")


def choose_run_dir(asked: Path | None, name: str, settings: Mapping[str, Any], resume: bool) -> Path:
    """The folder a run goes to.

    Args:
        asked: What `--run-dir` says; a run in it goes on, unless `resume` is off.
        name: What to call a new folder below runs/; it gets the next free number.
        settings: What the run is.
        resume: Whether to go on with an unfinished run of just these settings below runs/, if there is one.

    Raises:
        UsageError: `asked` holds a run, and resuming is off.
    """
    if asked is not None:
        if RunDirectory(asked).has_run and not resume:
            raise UsageError(f"{asked} holds a run. Leave `--no-resume` out to go on with it, or name a new folder.")
        return asked
    name = re.sub(r"[^\w.-]+", "-", name)
    numbered = (HOME / f"{name}-{number}" for number in count(1))
    for path in numbered:
        if not path.exists() or (resume and _unfinished(RunDirectory(path), settings)):
            return path
    raise AssertionError("there is always another number")


def _unfinished(directory: RunDirectory, settings: Mapping[str, Any]) -> bool:
    if not directory.has_run or directory.summary_file.exists():
        return False
    return bool(directory.read_run().get("settings") == settings)
