"""Loads trained networks from the folder of a run or an export."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from registry import Catalogue, ZooError
from zoo_core.config.composition import collect_versions, resolve_component
from zoo_core.files import compute_sha256, read_json
from zoo_core.inference.export import CONFIG, FORMAT, NETWORKS, WEIGHTS
from zoo_core.inference.model import Model, describe_missing_calibration, prepare_for_inference
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.hooks import load_installed_plugins
from zoo_core.training.device import Runtime
from zoo_core.training.run_directory import RunDirectory, compare_provenance


def load_model(path: Path | str, catalogue: Catalogue | None = None) -> Model:
    """Loads the networks of a run, from its newest checkpoint and with EMA weights if it has them, or of an export.

    Args:
        path: Folder of a run or an export.
        catalogue: Where its components are looked up; all installed plugins if not given.

    Raises:
        ZooError: The folder is neither a run nor an export, is damaged, has no checkpoint yet, has another format, or
            needs components that are not installed.
    """
    if catalogue is None:
        catalogue = load_installed_plugins().catalogue
    folder = Path(path)
    if RunDirectory(folder).has_run:
        return TrainedRun.open(folder, catalogue).model
    if (folder / CONFIG).is_file():
        return _load_export(folder, catalogue)
    raise ZooError(
        f"{folder} is not a run or an exported model: it has no run.json and no config.json. `zoo train RECIPE` "
        "creates a run in runs/; `zoo export RUN DIR` creates an exported model."
    )


def _load_export(folder: Path, catalogue: Catalogue) -> Model:
    config = _read_config(folder)
    _check_installed(folder, config, catalogue)
    spec, device, weights = ImageSpec(**config["spec"]), Runtime.choose().device, _read_weights(folder, config)
    components, networks = {}, {}
    for name in NETWORKS:
        components[name], options = resolve_component(catalogue, name, config["settings"][name])
        networks[name] = components[name].load()(spec, **vars(options))
        _load_weights(networks[name], name, weights, folder)
        prepare_for_inference(networks[name], device)
    current = {
        "components": {name: component.as_dict() for name, component in components.items()},
        "versions": collect_versions(),
    }
    classes, temperature = tuple(config["classes"]), config["temperature"]
    calibration = describe_missing_calibration(classes, temperature, config["step"])
    return Model(
        **networks,
        classes=classes,
        temperature=temperature,
        device=device,
        origin=str(folder),
        notes=(*compare_provenance(config, current), *calibration),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    config = read_json(path)
    if "gan_zoo_format" not in config:
        raise ZooError(f"{path} was not written by `zoo export`: it has no gan_zoo_format.")
    found = config["gan_zoo_format"]
    if found == 1:
        raise ZooError(
            f"{folder} was exported by gan-zoo 0.1.0, whose names of settings differ: install gan-zoo==0.1.0 to use "
            "it, or train its run again with this version and export that."
        )
    if found != FORMAT:
        versions = f"export format {found}; this version reads format {FORMAT}"
        raise ZooError(f"{folder} has {versions}. Install a newer gan-zoo to use it.")
    missing = {"step", "spec", "classes", "temperature", "settings", "components", "versions", "sha256"} - set(config)
    if missing:
        raise ZooError(f"{path} is damaged: it lacks {', '.join(sorted(missing))}.")
    return config


def _check_installed(folder: Path, config: Mapping[str, Any], catalogue: Catalogue) -> None:
    installed = {(component.kind, component.qualified_name) for component in catalogue}
    missing = [
        f"the {name} {part['plugin']}:{part['name']} of {part['distribution']} {part['version']}"
        for name, part in config["components"].items()
        if (name, f"{part['plugin']}:{part['name']}") not in installed
    ]
    if missing:
        raise ZooError(
            f"{folder} needs {' and '.join(missing)}, which is not installed. `zoo plugins` lists what is installed."
        )


def _read_weights(folder: Path, config: Mapping[str, Any]) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    try:
        if compute_sha256(path) != config["sha256"][WEIGHTS]:
            raise ZooError(f"{path} is damaged: it was changed after it was written. Export the run again.")
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZooError(f"{path} cannot be read: {error}.") from error


def _load_weights(network: nn.Module, name: str, weights: Mapping[str, Tensor], folder: Path) -> None:
    prefix = f"{name}."
    own = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ZooError(f"The weights in {folder} do not fit the {name} that is installed: {reason}") from error
