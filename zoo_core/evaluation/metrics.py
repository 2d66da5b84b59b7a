"""The metrics that the zoo knows: names, labels and units. This is the only list of them.

A metric on validation images is logged as "validation/NAME", a loss term as "generator/NAME" or "discriminator/NAME".
"""

from collections.abc import Mapping, Sequence
from typing import Any

LABELS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "calibration_error": "Calibration error",
    "hole_psnr": "PSNR in the hole",
    "hole_ssim": "SSIM in the hole",
    "hole_l1": "L1 error in the hole",
}
METRICS = tuple(LABELS)
PERCENTAGES = ("accuracy", "balanced_accuracy", "calibration_error")
UNITS = {"hole_psnr": "dB"} | dict.fromkeys(PERCENTAGES, "%")
VALIDATION_PREFIX = "validation/"
VALIDATION_IMAGES = f"{VALIDATION_PREFIX}images"  # in every line of metrics.jsonl with metrics on validation images
VALIDATION_TEMPERATURE = f"{VALIDATION_PREFIX}temperature"


def format_metric(name: str, value: float) -> str:
    """A value with its unit, such as "93.1 %", "17.02 dB" or "0.123"."""
    if name in PERCENTAGES:
        return f"{100 * value:.1f} %"
    return f"{value:.2f} {UNITS[name]}" if name in UNITS else f"{value:.3f}"


def format_with_interval(name: str, result: Mapping[str, Any]) -> str:
    """A metric of an evaluation with its unit, and its 95 % interval if there is one; empty if it is missing."""
    if result.get(name) is None:
        return ""
    interval = result.get(f"{name}_interval")
    suffix = f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f} %)" if interval else ""
    return format_metric(name, result[name]) + suffix


def label_metric(name: str) -> str:
    """The label of a metric in a table or chart, such as "Balanced accuracy"."""
    return LABELS.get(name, name.replace("_", " "))


def label_with_unit(name: str) -> str:
    """The label of a metric with the unit of its values, such as "Accuracy (%)"."""
    return f"{label_metric(name)} ({UNITS[name]})" if name in UNITS else label_metric(name)


def scale_to_unit(name: str, values: Sequence[float]) -> list[float]:
    """Values in the unit of a metric: percentages are stored as fractions."""
    return [100 * value for value in values] if name in PERCENTAGES else list(values)


def select_validation_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics on validation images, without their prefix."""
    prefix = VALIDATION_PREFIX
    return {name.removeprefix(prefix): value for name, value in metrics.items() if name.startswith(prefix)}


def get_selection_score(metrics: Mapping[str, float]) -> float | None:
    """The value that selects the best checkpoint: accuracy on validation images, else PSNR in the hole."""
    return metrics.get("accuracy", metrics.get("hole_psnr"))
