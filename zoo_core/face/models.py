"""Trained networks by the folder that holds them."""

from pathlib import Path

from registry import Catalogue, load_plugins
from zoo_core.contract.hookspecs import plugin_system
from zoo_core.face.trained import TrainedRun
from zoo_core.use.model import Model


def load_model(path: Path | str, catalogue: Catalogue | None = None) -> Model:
    """The networks of a run, by its newest checkpoint and its averaged weights, where it keeps averages.

    Args:
        path: Folder of a run.
        catalogue: Where its components are looked up; all installed plugins where not given.

    Raises:
        ZooError: It is no run, has no checkpoint yet, or its components are not installed.
    """
    known = load_plugins(plugin_system()).catalogue if catalogue is None else catalogue
    return TrainedRun.open(Path(path), known).model
