"""An exported model: a folder that can be used without its run, its data or its losses."""

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
from zoo_core.files import DRAFT_SUFFIX, compute_sha256, read_json, write_json
from zoo_core.inference.model import Model, describe_missing_calibration, prepare_for_inference
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.training.checkpoint import copy_state_dict
from zoo_core.training.device import Runtime
from zoo_core.training.run_directory import compare_provenance

FORMAT = 2
CONFIG, WEIGHTS = "config.json", "model.safetensors"
NETWORKS = ("generator", "discriminator")


@contextmanager
def create_export_folder(target: Path) -> Iterator[Path]:
    """Yields a folder to write to, which is renamed to `target` at the end, or removed after an error.

    Raises:
        UsageError: `target` exists.
        ZooError: The folder cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target} exists. Name a new folder.")
    draft = target.with_name(f".{target.name}{DRAFT_SUFFIX}")
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
    """Writes the weights to model.safetensors, and what else is needed to use them to config.json."""
    run, model = trained.directory.read_run(), trained.model
    networks = {"generator": model.generator, "discriminator": model.discriminator}
    weights = {
        f"{name}.{key}": value for name, network in networks.items() for key, value in copy_state_dict(network).items()
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
        "sha256": {WEIGHTS: compute_sha256(folder / WEIGHTS)},
    }
    write_json(folder / CONFIG, config)


def is_export(folder: Path) -> bool:
    """Whether a folder looks like an exported model."""
    return (folder / CONFIG).is_file()


def read_model(folder: Path, catalogue: Catalogue) -> Model:
    """Builds the networks of an exported model and loads their weights.

    Raises:
        ZooError: The folder was not written by `zoo export`, is damaged or has another format, or needs components
            that are not installed.
    """
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
    return Model(
        **networks,
        classes=classes,
        temperature=temperature,
        device=device,
        origin=str(folder),
        notes=(
            *compare_provenance(config, current),
            *describe_missing_calibration(classes, temperature, config["step"]),
        ),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    config = read_json(folder / CONFIG)
    if "gan_zoo_format" not in config:
        raise ZooError(f"{folder / CONFIG} was not written by `zoo export`: it has no gan_zoo_format.")
    if config["gan_zoo_format"] != FORMAT:
        raise ZooError(f"{folder} {_explain_format(config['gan_zoo_format'])}")
    missing = {"step", "spec", "classes", "temperature", "settings", "components", "versions", "sha256"} - set(config)
    if missing:
        raise ZooError(f"{folder / CONFIG} is damaged: it lacks {', '.join(sorted(missing))}.")
    return config


def _explain_format(found: object) -> str:
    """The rest of a sentence about an export in another format."""
    if found == 1:
        return (
            "was exported by gan-zoo 0.1.0, whose names of settings differ: install gan-zoo==0.1.0 to use it, or train "
            "its run again with this version and export that."
        )
    return f"has export format {found}; this version reads format {FORMAT}. Install a newer gan-zoo to use it."


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
