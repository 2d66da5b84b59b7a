"""Options that several commands have, and the composition that they select."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from registry import Catalogue, UsageError, unknown_name_error

if TYPE_CHECKING:
    from zoo_core.config.composition import Composition

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
weights_option = click.option(
    "--weights", type=click.Choice(["ema", "raw"]),
    help="Weights to use. Default: ema if the run has EMA weights, else raw.",
)  # fmt: skip
checkpoint_option = click.option(
    "--checkpoint", type=click.Choice(["newest", "best"]), default="newest", show_default=True,
    help="Checkpoint to use; best has the best score on validation images.",
)  # fmt: skip
PARAMETERS = (
    click.Argument(["recipe"]),
    click.Option(["--data"], metavar="NAME|FOLDER", help="Name of a dataset, or a folder of images."),
    click.Option(["--data-root"], type=Path, metavar="DIR", help="Folder with the files of the dataset."),
    click.Option(["--download"], is_flag=True, help="Download missing files of the dataset to --data-root."),
    click.Option(["--strict"], is_flag=True, help="Stop at a damaged image file instead of skipping it."),
    click.Option(["--fold"], metavar="VALUE", help="Official fold of labels, if the dataset has folds."),
    click.Option(["--width"], metavar="VALUE", help="Channels of the first stage of both networks."),
    click.Option(["-o", "assignments"], multiple=True, metavar="COMPONENT.OPTION=VALUE",
                 help="Set any option that `zoo show` lists; COMPONENT=NAME selects another component."),
    click.Option(["--config"], type=Path, metavar="FILE.toml",
                 help="Settings file with one table per component; the command line overrides it."),
)  # fmt: skip
# Settings with a flag of the same name, whose help comes from their schema.
DATA_FLAGS = ("labels", "image_size")
TRAIN_FLAGS = ("steps", "batch_size", "lr", "seed", "device", "precision", "log_every", "evaluate_every",
               "checkpoint_every", "keep", "retries")  # fmt: skip


class SettingsCommand(click.Command):
    """A command with the argument RECIPE, and with options and flags for its settings."""

    excluded: ClassVar[frozenset[str]] = frozenset()  # settings without effect on the command

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters for settings, and those of the command."""
        from zoo_core.interfaces.settings import DataSettings, TrainSettings

        fields = DataSettings.model_fields | TrainSettings.model_fields
        names = [name for name in (*DATA_FLAGS, *TRAIN_FLAGS) if name not in self.excluded]
        flags = [_create_flag(name, fields[name].description, fields[name].default) for name in names]
        return [*PARAMETERS, *flags, *super().get_params(ctx)]


def _create_flag(name: str, description: str | None, default: Any) -> click.Option:
    remark = "" if default is None else f"  [{default} unless the recipe sets it]"
    return click.Option([f"--{name.replace('_', '-')}", name], metavar="VALUE", help=f"{description}{remark}")


def compose(catalogue: Catalogue, recipe: str, config: Path | None, flags: dict[str, Any]) -> "Composition":
    """Merges the settings of a recipe, a settings file and the command line, and looks up the components."""
    from zoo_core.config.composition import Composition
    from zoo_core.config.sections import merge_sections, parse_assignments, read_settings_file

    settings = merge_sections(
        catalogue.find("recipe", recipe).load().to_sections(),
        read_settings_file(config) if config else {},
        _convert_flags(catalogue, flags),
        parse_assignments(flags["assignments"]),
    )
    return Composition.from_settings(catalogue, recipe, settings)


def _convert_flags(catalogue: Catalogue, flags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The settings that the command line has a flag for, by section; a value is still text."""
    data = {} if flags["data"] is None else _resolve_data(catalogue, flags["data"])
    if flags["data_root"] is not None:
        data["root"] = flags["data_root"].absolute()
    data |= {name: True for name in ("download", "strict") if flags[name]}
    data |= _select(flags, ("fold", *DATA_FLAGS))
    width = _select(flags, ("width",))
    return {"generator": width, "discriminator": width, "data": data, "train": _select(flags, TRAIN_FLAGS)}


def _select(flags: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: flags[name] for name in names if flags.get(name) is not None}


def _resolve_data(catalogue: Catalogue, requested: str) -> dict[str, Any]:
    """A dataset by name, or a folder by path."""
    names = [component.name for component in catalogue.filter_by_kind("dataset")]
    if requested in names or requested in (component.qualified_name for component in catalogue):
        return {"name": requested}
    path, hint = Path(requested).expanduser(), f"Name a folder of images, or a dataset: {', '.join(names)}."
    if path.is_dir():
        return {"name": "data:folder", "root": path.absolute()}
    if path.exists():
        raise UsageError(f"--data {requested} is a file. {hint}")
    if os.sep in requested:
        raise UsageError(f"The folder {path} does not exist. {hint}")
    raise unknown_name_error("dataset or folder", requested, names, "`zoo list dataset` describes the datasets.")
