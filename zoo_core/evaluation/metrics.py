"""The metrics that the zoo knows: their names, labels and units, in one place.

A metric on held-out images is logged as "validation/NAME", a loss term as "generator/NAME" or "discriminator/NAME".
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
VALIDATION = "validation/"  # prefix of metrics on validation images
VALIDATION_IMAGES = f"{VALIDATION}images"  # in every line of metrics.jsonl that holds such metrics
TEMPERATURE = f"{VALIDATION}temperature"


def format_metric(name: str, value: float) -> str:
    """A value with its unit, such as "93.1 %", "17.02 dB" or "0.123"."""
    if name in PERCENTAGES:
        return f"{100 * value:.1f} %"
    return f"{value:.2f} {UNITS[name]}" if name in UNITS else f"{value:.3f}"


def format_with_interval(name: str, result: Mapping[str, Any]) -> str:
    """A measured value with its unit and its 95 % interval, if it has one; empty if it was not measured."""
    if result.get(name) is None:
        return ""
    interval = result.get(f"{name}_interval")
    ends = f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f} %)" if interval else ""
    return format_metric(name, result[name]) + ends


def label_metric(name: str) -> str:
    """A metric's name in a table or chart, such as "Balanced accuracy"."""
    return LABELS.get(name, name.replace("_", " "))


def label_with_unit(name: str) -> str:
    """A metric's label with the unit of its values, such as "Accuracy (%)"."""
    return f"{label_metric(name)} ({UNITS[name]})" if name in UNITS else label_metric(name)


def scale_to_unit(name: str, values: Sequence[float]) -> list[float]:
    """Values in the metric's unit: percentages are stored as fractions."""
    return [100 * value for value in values] if name in PERCENTAGES else list(values)


def select_validation_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The metrics on validation images among others, without their prefix."""
    return {name.removeprefix(VALIDATION): value for name, value in metrics.items() if name.startswith(VALIDATION)}


def selection_score(metrics: Mapping[str, float]) -> float | None:
    """The value by which the best checkpoint is chosen: accuracy on validation images, else the PSNR in the hole."""
    return metrics.get("accuracy", metrics.get("hole_psnr"))
