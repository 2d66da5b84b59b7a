"""Names and numbers as the page writes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.cli.progress import SHARES, figure
from zoo_core.report.comparison import Spread

LABELS = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "calibration_error": "Calibration error",
    "hole_psnr": "PSNR in the hole",
    "hole_ssim": "SSIM in the hole",
    "hole_l1": "L1 error in the hole",
}
UNITS = {"hole_psnr": "dB"} | dict.fromkeys(SHARES, "%")


def label(measure: str) -> str:
    """A measure's name for people."""
    return LABELS.get(measure, measure.replace("_", " "))


def with_unit(measure: str) -> str:
    """Its name with the unit of its numbers, such as "Accuracy (%)"."""
    return f"{label(measure)} ({UNITS[measure]})" if measure in UNITS else label(measure)


def scaled(measure: str, values: Sequence[float]) -> list[float]:
    """Values in the measure's unit."""
    return [100 * value for value in values] if measure in SHARES else list(values)


def with_interval(measure: str, result: Mapping[str, Any]) -> str:
    """A measured number with its unit, and its 95 % interval where there is one; empty if it was not measured."""
    if result.get(measure) is None:
        return ""
    interval = result.get(f"{measure}_interval")
    ends = f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f} %)" if interval else ""
    return figure(measure, result[measure]) + ends


def with_deviation(measure: str, spread: Spread | None) -> str:
    """A mean and the standard deviation beside it; empty if there is none."""
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {figure(measure, spread.deviation)}"
    return figure(measure, spread.mean) + deviation


def duration(seconds: float) -> str:
    """Seconds as "44 s", "12 min", "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
