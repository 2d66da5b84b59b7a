"""The model card of an exported model: README.md, as Hugging Face's hub reads it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.config.layers import build_training_command, redact_paths
from zoo_core.evaluation.metrics import METRICS, VALIDATION_IMAGES, format_metric, select_validation_metrics
from zoo_core.inference.export import NETWORKS
from zoo_core.inference.onnx_export import OPSET, OnnxFile
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.capabilities import Inpainter

TEMPLATE = Path(__file__).with_name("model_card.md.jinja")


def model_card(trained: TrainedRun, onnx: Sequence[OnnxFile]) -> str:
    """Text of the card. Every number in it stands in the run's files, but for the version of ONNX's operators."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(_facts(trained), onnx=onnx, opset=OPSET) + "\n"


def _facts(trained: TrainedRun) -> dict[str, Any]:
    run, model = trained.directory.read_run(), trained.model
    measured = _measured(trained)
    return {
        "recipe": run["recipe"],
        "settings": run["settings"],
        "components": run["components"],
        "versions": run["versions"],
        "distributions": sorted({"gan-zoo", *(run["components"][name]["distribution"] for name in NETWORKS)}),
        "data": run["components"]["data"],
        "data_in_words": _without_place(run["data"], run["settings"]["data"]["root"]),
        "split": {part: len(positions) for part, positions in trained.directory.read_split().items()},
        "spec": model.spec,
        "classes": model.classes,
        "calibrated": model.temperature is not None,
        "fills": isinstance(model.generator, Inpainter),
        "step": trained.step,
        "weights": trained.weights,
        "command": build_training_command(run["recipe"], redact_paths(run["settings"])),
        "measured": measured,
        "shown": {split: _rows(values) for split, values in measured.items()},
    }


def _measured(trained: TrainedRun) -> dict[str, dict[str, Any]]:
    """What is known of these very weights: validation images by the run's log, test images by `zoo evaluate`."""
    found: dict[str, dict[str, Any]] = {}
    lines = trained.directory.metrics.read()
    logged = [line for line in lines if line["step"] == trained.step and VALIDATION_IMAGES in line]
    if logged and trained.weights == trained.usual_weights:
        found["validation"] = select_validation_metrics(logged[-1])
    test = trained.directory.read_evaluation("test", trained.weights)
    if test is not None and test["step"] == trained.step:
        found["test"] = test
    return {split: values for split, values in found.items() if any(name in values for name in METRICS)}


def _rows(measured: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.replace("_", " "): format_metric(name, measured[name])
        for name in METRICS
        if measured.get(name) is not None
    }


def _without_place(words: str, root: str | None) -> str:
    """The data in words, with the last part of their folder's path alone: a card is for other people's eyes."""
    return words if root is None else words.replace(root, Path(root).name)
