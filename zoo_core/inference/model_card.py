"""The model card of an exported model: README.md in the format of the Hugging Face Hub."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.config.sections import build_training_command, redact_paths
from zoo_core.evaluation.metrics import METRICS, VALIDATION_IMAGES, format_metric, select_validation_metrics
from zoo_core.inference.export import NETWORKS
from zoo_core.inference.onnx_export import OPSET, OnnxFile
from zoo_core.inference.trained_run import TrainedRun
from zoo_core.interfaces.capabilities import Inpainter

TEMPLATE = Path(__file__).with_name("model_card.md.jinja")


def render_model_card(trained: TrainedRun, onnx: Sequence[OnnxFile]) -> str:
    """Renders the text of the model card; all numbers in it come from the files of the run."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(_collect_variables(trained), onnx=onnx, opset=OPSET) + "\n"


def _collect_variables(trained: TrainedRun) -> dict[str, Any]:
    run, model = trained.directory.read_run(), trained.model
    evaluations = _collect_evaluations(trained)
    return {
        "recipe": run["recipe"],
        "settings": run["settings"],
        "components": run["components"],
        "versions": run["versions"],
        "distributions": sorted({"gan-zoo", *(run["components"][name]["distribution"] for name in NETWORKS)}),
        "data": run["components"]["data"],
        "data_description": _redact_folder(run["data"], run["settings"]["data"]["root"]),
        "split": {part: len(positions) for part, positions in trained.directory.read_split().items()},
        "spec": model.spec,
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


def _redact_folder(description: str, root: str | None) -> str:
    """The description of the data with only the last part of its folder's path, as a model card is public."""
    return description if root is None else description.replace(root, Path(root).name)
