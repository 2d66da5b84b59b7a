"""An exported model: a folder that is used without its run, its data or its losses."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from registry import Catalogue, UsageError, ZooError
from zoo_core.config.composition import collect_versions, resolve_component
from zoo_core.files import DRAFT, read_json, sha256_of, write_json
from zoo_core.inference.model import Model, prepare_for_inference
from zoo_core.inference.trained_run import TrainedRun, describe_missing_calibration
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.training.checkpoint import contiguous_state_dict
from zoo_core.training.device import Runtime
from zoo_core.training.run_directory import compare_provenance

FORMAT = 1
CONFIG, WEIGHTS = "config.json", "model.safetensors"
NETWORKS = ("generator", "discriminator")


@contextmanager
def create_export_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, which stands in place of `target` when all has gone well and is gone if not.

    Raises:
        UsageError: There is something already.
        ZooError: It cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target} exists. Name a new folder.")
    draft = target.with_name(f".{target.name}{DRAFT}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        draft.rename(target)
    except (OSError, SafetensorError) as error:
        raise ZooError(f"{target} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_model(trained: TrainedRun, folder: Path) -> None:
    """Writes the weights that are used to model.safetensors, and all that it takes to use them to config.json."""
    run, model = trained.directory.read_run(), trained.model
    networks = {"generator": model.generator, "discriminator": model.discriminator}
    weights = {
        f"{name}.{key}": value for name, part in networks.items() for key, value in contiguous_state_dict(part).items()
    }
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    config = {
        "gan_zoo_format": FORMAT,
        "recipe": run["recipe"],
        "step": trained.step,
        "weights": trained.weights,
        "spec": asdict(model.spec),
        "classes": list(model.classes),
        "temperature": model.temperature,
        "settings": {name: run["settings"][name] for name in NETWORKS},
        "components": {name: run["components"][name] for name in NETWORKS},
        "versions": run["versions"],
        "sha256": {WEIGHTS: sha256_of(folder / WEIGHTS)},
    }
    write_json(folder / CONFIG, config)


def read_model(folder: Path, catalogue: Catalogue) -> Model:
    """Builds the networks of an exported model, in evaluation mode, on the device of this machine.

    Raises:
        ZooError: The folder is none that `zoo export` wrote, is damaged or of another format, or its components are not
            installed.
    """
    config = _read_config(folder)
    _check_installed(folder, config, catalogue)
    spec, device = ImageSpec(**config["spec"]), Runtime.choose().device
    weights, networks, components = _read_weights(folder, config), {}, {}
    for name in NETWORKS:
        components[name], options = resolve_component(catalogue, name, config["settings"][name])
        networks[name] = components[name].load()(spec, **vars(options))
        _fill(networks[name], name, weights, folder)
        prepare_for_inference(networks[name], device)
    now = {"components": {name: part.as_dict() for name, part in components.items()}, "versions": collect_versions()}
    remarks = (
        *compare_provenance(config, now),
        *describe_missing_calibration(config["classes"], config["temperature"], config["step"]),
    )
    classes, temperature = tuple(config["classes"]), config["temperature"]
    return Model(networks["generator"], networks["discriminator"], classes, temperature, device, str(folder), remarks)


def is_export(folder: Path) -> bool:
    """Whether a folder says what it is in the way of an exported model."""
    return (folder / CONFIG).is_file()


def _read_config(folder: Path) -> dict[str, Any]:
    config = read_json(folder / CONFIG)
    if "gan_zoo_format" not in config:
        raise ZooError(f"{folder / CONFIG} is not one that `zoo export` wrote: it states no gan_zoo_format.")
    if config["gan_zoo_format"] != FORMAT:
        raise ZooError(f"{folder} has export format {config['gan_zoo_format']}; this version reads {FORMAT}.")
    missing = {"step", "spec", "classes", "temperature", "settings", "components", "versions", "sha256"} - set(config)
    if missing:
        raise ZooError(f"{folder / CONFIG} is damaged: it lacks {', '.join(sorted(missing))}.")
    return config


def _check_installed(folder: Path, config: Mapping[str, Any], catalogue: Catalogue) -> None:
    offered = {(component.kind, component.qualified_name) for component in catalogue}
    missing = [
        f"the {name} {part['plugin']}:{part['name']} of {part['distribution']} {part['version']}"
        for name, part in config["components"].items()
        if (name, f"{part['plugin']}:{part['name']}") not in offered
    ]
    if missing:
        raise ZooError(f"{folder} needs {' and '.join(missing)}, not installed here. `zoo plugins` shows what is.")


def _read_weights(folder: Path, config: Mapping[str, Any]) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    try:
        if sha256_of(path) != config["sha256"][WEIGHTS]:
            raise ZooError(f"{path} is damaged: its content is not what was written. Export the run once more.")
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZooError(f"{path} cannot be read: {error}.") from error


def _fill(network: nn.Module, name: str, weights: Mapping[str, Tensor], folder: Path) -> None:
    own = {key.removeprefix(f"{name}."): value for key, value in weights.items() if key.startswith(f"{name}.")}
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise ZooError(f"The weights in {folder} do not fit the {name} that is installed here: {reason}") from error
