"""`zoo train`: from a recipe to a trained GAN."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.face.cli.output import installed_plugins, json_option, print_json, print_table
from zoo_core.face.cli.settings import SettingsCommand, recipe_and_settings

if TYPE_CHECKING:
    from registry import Plugins
    from zoo_core.engine.stopping import Stop
    from zoo_core.engine.trainer import Trainer
    from zoo_core.face.compose import Composition
    from zoo_core.face.progress import Display


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
    from zoo_core.engine.ranks import Ranks, joined
    from zoo_core.engine.stopping import Stop
    from zoo_core.face.messages import outcome
    from zoo_core.face.request import compose
    from zoo_core.face.run_choice import choose_run_dir
    from zoo_core.face.speaking import only_first_speaks

    stop, plugins = Stop(max_hours), installed_plugins()
    composition = compose(plugins.catalogue, recipe, config, flags)
    name = f"{recipe.rpartition(':')[2]}-{composition.components['data'].name}"
    with joined(composition.settings["train"]["device"]), only_first_speaks(ranks := Ranks.here()):
        directory = ranks.agreed(choose_run_dir(run_dir, name, composition.settings, resume))
        trainer, shown = _prepared(composition, directory, plugins)
        if dry_run:
            _print_settings(composition, as_json)
            return
        summary = _trained(context, trainer, shown, stop)
        if as_json:
            print_json(summary)
        else:
            click.echo("\n".join(outcome(summary)))


def _prepared(composition: "Composition", directory: Path, plugins: "Plugins") -> "tuple[Trainer, Display]":
    """A trainer that has read its data, and what shows how it goes on."""
    from zoo_core.face.messages import announcement
    from zoo_core.face.plugin_observer import PluginObserver
    from zoo_core.face.progress import display

    shown = display()
    click.echo(f"Reading {composition.settings['data']['root'] or composition.components['data'].name} ...", err=True)
    trainer = composition.trainer(directory, [shown, PluginObserver(plugins, partial(click.echo, err=True))])
    click.echo("\n".join(announcement(trainer, composition)), err=True)
    return trainer, shown


def _trained(context: click.Context, trainer: "Trainer", shown: "Display", stop: "Stop") -> dict[str, Any]:
    """The summary of the whole training; if it was stopped, says how to go on and ends the program."""
    from zoo_core.engine.stopping import StoppedError

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
