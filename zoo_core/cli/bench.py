"""`zoo bench`: how fast a recipe trains on this machine."""

import os
from pathlib import Path
from typing import Any

import click

from zoo_core.cli.output import json_option, load_installed_plugins, print_json
from zoo_core.cli.settings import SettingsCommand, recipe_and_settings

NOWHERE = Path(os.devnull) / "run"  # where nothing can be written


class BenchCommand(SettingsCommand):
    """Without the settings that say when to write, and how long to train."""

    without = frozenset({"steps", "log_every", "evaluate_every", "checkpoint_every", "keep", "retries"})


@click.command(name="bench", cls=BenchCommand, short_help="Time the training steps of a recipe; nothing is written.")
@recipe_and_settings
@click.option("--steps", "count", type=click.IntRange(min=1), default=30, show_default=True,
              help="How many training steps to time.")  # fmt: skip
@click.option("--warm-up", type=click.IntRange(min=0), default=5, show_default=True,
              help="How many steps to play before, without timing them.")  # fmt: skip
@json_option
def command(
    recipe: str, config: Path | None, count: int, warm_up: int, as_json: bool, **flags: Any
) -> None:  # fmt: skip
    """Time the training steps of a recipe, with its own data and settings, and write nothing.

    A step counts from asking for a batch until both networks have learnt from it. Time it on an idle machine: whatever
    else runs there is measured too. Under torchrun it times several processes together.
    """
    from zoo_core.cli.progress import silence_other_ranks
    from zoo_core.config.request import compose
    from zoo_core.training.benchmark import Speed
    from zoo_core.training.process_group import ProcessGroup, join_process_group

    composition = compose(load_installed_plugins().catalogue, recipe, config, flags)
    with join_process_group(composition.settings["train"]["device"]), silence_other_ranks(ProcessGroup.current()):
        speed = Speed.of(composition.trainer(NOWHERE), count, warm_up)
        if as_json:
            print_json({"recipe": recipe, **speed.as_dict()})
            return
        click.echo(f"{recipe} on {composition.components['data'].name}: {speed.circumstances}")
        click.echo("\n".join(speed.lines()))
