"""What a user asked for on the command line, turned into a composition."""

import os
from pathlib import Path
from typing import Any

from registry import Catalogue, UsageError, unknown
from zoo_core.config.composition import Composition
from zoo_core.config.layers import merge_layers, parse_assignments, read_toml_layer
from zoo_core.interfaces.settings import DataSettings, Settings, TrainSettings

SCHEMAS: dict[str, type[Settings]] = {"data": DataSettings, "train": TrainSettings}
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
        "keep",
        "retries",
    ),
}


def compose(catalogue: Catalogue, recipe: str, config: Path | None, flags: dict[str, Any]) -> Composition:
    """Lays command line over TOML file over recipe, and looks everything up.

    Args:
        catalogue: Where to look.
        recipe: Name of a recipe.
        config: A settings file.
        flags: What click parsed, by parameter name.
    """
    below = catalogue.find("recipe", recipe).load().sections()
    file = read_toml_layer(config) if config else {}
    layer = merge_layers(below, file, _flag_layer(catalogue, flags), parse_assignments(flags["assignments"]))
    return Composition.from_settings(catalogue, recipe, layer)


def _flag_layer(catalogue: Catalogue, flags: dict[str, Any]) -> dict[str, dict[str, Any]]:
    layer: dict[str, dict[str, Any]] = {"generator": {}, "discriminator": {}, "data": {}, "train": {}}
    if flags["data"] is not None:
        layer["data"] |= _data_choice(catalogue, flags["data"])
    if flags["data_root"] is not None:
        layer["data"]["root"] = flags["data_root"].absolute()
    if flags["download"]:
        layer["data"]["download"] = True
    if flags["strict"]:
        layer["data"]["strict"] = True
    if flags["fold"] is not None:
        layer["data"]["fold"] = flags["fold"]
    if flags["width"] is not None:
        layer["generator"]["width"] = layer["discriminator"]["width"] = flags["width"]
    for section, names in FLAGS.items():
        layer[section] |= {name: flags[name] for name in names if flags.get(name) is not None}
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
