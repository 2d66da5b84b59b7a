"""`zoo train`: from a recipe to a trained GAN."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry import Catalogue, UsageError, ZooError, unknown
from zoo_core.face.cli.output import installed_plugins, json_option, print_json, print_table

if TYPE_CHECKING:
    from zoo_core.engine.trainer import Trainer
    from zoo_core.face.compose import Composition

FLAGS = {
    "data": ("labels", "image_size"),
    "train": (
        "steps",
        "batch_size",
        "lr",
        "seed",
        "device",
        "precision",
        "log_every",
        "evaluate_every",
        "checkpoint_every",
    ),
}


class SettingsCommand(click.Command):
    """A command with a flag for each of the common settings; names and help come from the settings' own schema."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then one for each flag."""
        from zoo_core.contract.settings import DataSettings, Settings, TrainSettings

        schemas: dict[str, type[Settings]] = {"data": DataSettings, "train": TrainSettings}
        flags: list[click.Parameter] = [
            click.Option(
                [f"--{name.replace('_', '-')}", name],
                metavar="VALUE",
                help=_help(schemas[section].model_fields[name]),
            )
            for section, names in FLAGS.items()
            for name in names
        ]
        *own, help_option = super().get_params(ctx)
        return [*own, *flags, help_option]


def _help(field: Any) -> str:
    default = f"  [{field.default} unless the recipe says otherwise]" if field.default is not None else ""
    return f"{field.description}{default}"


@click.command(name="train", cls=SettingsCommand, short_help="Train a GAN by a recipe, such as ccgan.")
@click.argument("recipe")
@click.option("--data", metavar="NAME|FOLDER", help="A data set of the zoo, or a folder of images.")
@click.option("--data-root", type=Path, metavar="DIR", help="Folder that holds the data set's files.")
@click.option("--download", is_flag=True, help="Fetch missing files of the data set into --data-root.")
@click.option("--width", metavar="VALUE", help="Channels of the first stage of both networks.")
@click.option("-o", "assignments", multiple=True, metavar="COMPONENT.OPTION=VALUE",
              help="Any option, as `zoo show` names it; COMPONENT=NAME takes another component.")  # fmt: skip
@click.option("--config", type=Path, metavar="FILE.toml", help="Settings by section; the command line wins over it.")
@click.option("--run-dir", type=Path, metavar="DIR", help="Folder for results; runs/RECIPE-DATA-NUMBER if not given.")
@click.option("--resume/--no-resume", default=True, help="Go on with an unfinished run of the same settings (default).")
@click.option("--dry-run", is_flag=True, help="Check everything and show the settings; train and write nothing.")
@json_option
def command(
    recipe: str, config: Path | None, run_dir: Path | None, resume: bool, dry_run: bool, as_json: bool, **flags: Any
) -> None:
    """Train a GAN by a recipe, such as ccgan. `zoo list recipe` shows all recipes.

    Without further options it takes the data that come with the zoo and settings that suit them.
    """
    catalogue = installed_plugins().catalogue
    composition = compose(catalogue, recipe, config, flags)
    from zoo_core.face.progress import display
    from zoo_core.face.run_choice import choose_run_dir

    name = f"{recipe.rpartition(':')[2]}-{composition.components['data'].name}"
    directory = choose_run_dir(run_dir, name, composition.settings, resume)
    shown = display()
    click.echo(f"Reading {composition.settings['data']['root'] or composition.components['data'].name} ...", err=True)
    trainer = composition.trainer(directory, [shown])
    _announce(trainer, composition)
    if dry_run:
        _print_settings(composition, as_json)
        return
    try:
        summary = trainer.train()
    except KeyboardInterrupt:
        raise ZooError(
            f"Interrupted at step {trainer.step}. The same command with `--run-dir {directory}` goes on from the last "
            "checkpoint."
        ) from None
    finally:
        shown.close()
    _print_summary(summary, as_json)


def compose(catalogue: Catalogue, recipe: str, config: Path | None, flags: dict[str, Any]) -> "Composition":
    """Lays command line over TOML file over recipe, and looks everything up.

    Args:
        catalogue: Where to look.
        recipe: Name of a recipe.
        config: A settings file.
        flags: What click parsed, by parameter name.
    """
    from zoo_core.face.compose import Composition
    from zoo_core.face.layers import from_assignments, from_toml, merged

    below = catalogue.find("recipe", recipe).load().sections()
    file = from_toml(config) if config else {}
    layer = merged(below, file, _flag_layer(catalogue, flags), from_assignments(flags["assignments"]))
    return Composition.of(catalogue, recipe, layer)


def _flag_layer(catalogue: Catalogue, flags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    layer: dict[str, dict[str, Any]] = {"generator": {}, "discriminator": {}, "data": {}, "train": {}}
    if flags["data"] is not None:
        layer["data"] |= _data_choice(catalogue, flags["data"])
    if flags["data_root"] is not None:
        layer["data"]["root"] = flags["data_root"].absolute()
    if flags["download"]:
        layer["data"]["download"] = True
    if flags["width"] is not None:
        layer["generator"]["width"] = layer["discriminator"]["width"] = flags["width"]
    for section, names in FLAGS.items():
        layer[section] |= {name: flags[name] for name in names if flags[name] is not None}
    return layer


def _data_choice(catalogue: Catalogue, asked: str) -> dict[str, Any]:
    """A data set by name, or else a folder by path."""
    names = [component.name for component in catalogue.of_kind("dataset")]
    if asked in names or asked in (component.qualified_name for component in catalogue):
        return {"name": asked}
    path = Path(asked).expanduser()
    if path.is_dir():
        return {"name": "data:folder", "root": path.absolute()}
    if path.exists():
        raise UsageError(f"--data {asked} is a file. Name a folder of images, or a data set: {', '.join(names)}.")
    if os.sep in asked:
        raise UsageError(f"There is no folder {path}. Name a folder of images, or a data set: {', '.join(names)}.")
    raise unknown("data set or folder", asked, names, "`zoo list dataset` describes the data sets.")


def _announce(trainer: "Trainer", composition: "Composition") -> None:
    """Says on standard error what is about to be trained, on what, and where."""
    from zoo_core.face.announcement import announcement

    for line in announcement(trainer, composition):
        click.echo(line, err=True)


def _print_settings(composition: "Composition", as_json: bool) -> None:
    if as_json:
        print_json(composition.description())
        return
    rows = [(f"{section}.{key}", str(value)) for section, v in composition.settings.items() for key, value in v.items()]
    print_table(rows, ("SETTING", "VALUE"))


def _print_summary(summary: dict[str, Any], as_json: bool) -> None:
    from zoo_core.face.progress import figure

    if as_json:
        print_json(summary)
        return
    run_dir = summary["run_dir"]
    click.echo(f"Trained {summary['steps']} steps. On the validation images:")
    for name, value in summary.items():
        _, slash, metric = name.partition("/")
        if slash:
            click.echo(f"  {metric.replace('_', ' '):<18} {figure(metric, value) if metric != 'images' else value}")
    click.echo(f"Pictures: {run_dir}/samples")
    click.echo(f"Next: zoo evaluate {run_dir}")
