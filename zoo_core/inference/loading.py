"""Loads trained networks from the folder of a run or an export."""

from pathlib import Path

from registry import Catalogue, ZooError
from zoo_core.inference.export import is_export, read_model
from zoo_core.inference.model import Model
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.hooks import load_installed_plugins
from zoo_core.training.run_directory import RunDirectory


def load_model(path: Path | str, catalogue: Catalogue | None = None) -> Model:
    """Loads the networks of a run, from its newest checkpoint and with EMA weights if it has them, or of an export.

    Args:
        path: Folder of a run or an export.
        catalogue: Where its components are looked up; all installed plugins if not given.

    Raises:
        ZooError: The folder is neither a run nor an export, is damaged, has no checkpoint yet, or needs components
            that are not installed.
    """
    if catalogue is None:
        catalogue = load_installed_plugins().catalogue
    folder = Path(path)
    if RunDirectory(folder).has_run:
        return TrainedRun.open(folder, catalogue).model
    if is_export(folder):
        return read_model(folder, catalogue)
    raise ZooError(
        f"{folder} is not a run or an exported model: it has no run.json and no config.json. `zoo train RECIPE` "
        "creates a run in runs/; `zoo export RUN DIR` creates an exported model."
    )
