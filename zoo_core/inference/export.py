"""Writes an exported model: a folder that can be used without its run, its data or its losses.

Its README.md is the model card, in the format of the Hugging Face Hub.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from registry import UsageError, ZooError
from zoo_core.config.sections import build_training_command, redact_paths
from zoo_core.evaluation.metrics import METRICS, VALIDATION_IMAGES, format_metric, select_validation_metrics
from zoo_core.files import DRAFT_SUFFIX, compute_sha256, write_json
from zoo_core.inference.onnx_export import OPSET, OnnxFile
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.capabilities import Inpainter
from zoo_core.training.checkpoint import copy_state_dict

FORMAT = 2
CONFIG, WEIGHTS = "config.json", "model.safetensors"
NETWORKS = ("generator", "discriminator")
MODEL_CARD_TEMPLATE = Path(__file__).with_name("model_card.md.jinja")


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
    networks = nn.ModuleDict({"generator": model.generator, "discriminator": model.discriminator})
    save_file(copy_state_dict(networks), folder / WEIGHTS, metadata={"format": "pt"})
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


def render_model_card(trained: TrainedRun, onnx: Sequence[OnnxFile]) -> str:
    """Renders the text of the model card; all numbers in it come from the files of the run."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(MODEL_CARD_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(_collect_variables(trained), onnx=onnx, opset=OPSET) + "\n"


def _collect_variables(trained: TrainedRun) -> dict[str, Any]:
    run, model = trained.directory.read_run(), trained.model
    root, evaluations = run["settings"]["data"]["root"], _collect_evaluations(trained)
    return run | {
        "distributions": sorted({"gan-zoo", *(run["components"][name]["distribution"] for name in NETWORKS)}),
        "data": run["components"]["data"],
        # a model card is public, so it has only the last part of the path of the data
        "data_description": run["data"] if root is None else run["data"].replace(root, Path(root).name),
        "split": {part: len(positions) for part, positions in trained.directory.read_split().items()},
        "classes": model.classes,
        "is_calibrated": model.temperature is not None,
        "fills_holes": isinstance(model.generator, Inpainter),
        "step": trained.step,
        "weights": trained.weights,
        "command": build_training_command(run["recipe"], redact_paths(run["settings"])),
        "evaluations": evaluations,
        "tables": {split: _format_metrics(metrics) for split, metrics in evaluations.items()},
    }


def _collect_evaluations(trained: TrainedRun) -> dict[str, dict[str, Any]]:
    """Metrics of exactly these weights: on validation images from the run's log, on test images from `zoo evaluate`."""
    evaluations: dict[str, dict[str, Any]] = {}
    lines = trained.directory.metrics.read()
    logged = [line for line in lines if line["step"] == trained.step and VALIDATION_IMAGES in line]
    if logged and trained.weights == trained.default_weights:
        evaluations["validation"] = select_validation_metrics(logged[-1])
    test = trained.directory.read_evaluation("test", trained.weights)
    if test is not None and test["step"] == trained.step:
        evaluations["test"] = test
    return {split: metrics for split, metrics in evaluations.items() if any(name in metrics for name in METRICS)}


def _format_metrics(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.replace("_", " "): format_metric(name, metrics[name]) for name in METRICS if metrics.get(name) is not None
    }
