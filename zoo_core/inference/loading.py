"""Trained networks by the folder that holds them."""

from pathlib import Path

from registry import Catalogue, ZooError, load_plugins
from zoo_core.inference.export import is_export, read_model
from zoo_core.inference.model import Model
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.hookspecs import plugin_api
from zoo_core.training.run_directory import RunDirectory


def load_model(path: Path | str, catalogue: Catalogue | None = None) -> Model:
    """The networks of a run, by its newest checkpoint and EMA weights where it keeps them, or of an export.

    Args:
        path: Folder of a run, or one that `zoo export` wrote.
        catalogue: Where its components are looked up; all installed plugins where not given.

    Raises:
        ZooError: It is neither, is damaged, has no checkpoint yet, or its components are not installed.
    """
    known = load_plugins(plugin_api()).catalogue if catalogue is None else catalogue
    folder = Path(path)
    if RunDirectory(folder).has_run:
        return TrainedRun.open(folder, known).model
    if is_export(folder):
        return read_model(folder, known)
    raise ZooError(
        f"{folder} is not a run, nor an exported model: it holds no run.json and no config.json. `zoo train RECIPE` "
        "makes a run below runs/, `zoo export RUN DIR` a model."
    )
