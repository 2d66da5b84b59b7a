"""The results of a run as the tables, charts and images of a page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_core.evaluation.metrics import METRICS, format_metric, format_with_interval, label_metric
from zoo_core.report.charts import Chart, Curve, draw_confusion_matrix, draw_line_chart
from zoo_core.report.collected_run import SPLITS, CollectedRun, Table

MAX_SAMPLE_GRIDS = 40
MAX_SAMPLE_GRID_BYTES = 16 * 2**20  # of all sample grids on a page


def tabulate_metrics(run: CollectedRun) -> Table | None:
    """A row for each metric and a column for each split."""
    splits = [split for split in SPLITS if run.get_metrics(split)]
    rows = [
        (label_metric(name), *(format_with_interval(name, run.get_metrics(split)) for split in splits))
        for name in METRICS
        if any(run.get_metrics(split).get(name) is not None for split in splits)
    ]
    return [("Metric", *(_describe_evaluation(run, split) for split in splits)), *rows] if rows else None


def show_confusion_matrix(run: CollectedRun) -> tuple[Chart, Table] | None:
    """The confusion matrix as a chart and as a table."""
    split, confusion = _get_latest_result(run, "confusion")
    if not confusion:
        return None
    classes = list(run.info.get("classes") or map(str, range(len(confusion))))
    correct, total = sum(row[number] for number, row in enumerate(confusion)), sum(map(sum, confusion))
    title = f"True and predicted classes of {total:,} {split} images"
    summary = f"Confusion matrix: {correct} of {total} {split} images are classified correctly."
    rows = [(name, *map(str, counts)) for name, counts in zip(classes, confusion, strict=True)]
    return draw_confusion_matrix(title, confusion, classes, summary), [("True \\ predicted", *classes), *rows]


def show_hole_sizes(run: CollectedRun) -> tuple[Chart, Table] | None:
    """The metrics of in-painting by the side of square holes, as a chart and as a table."""
    split, sizes = _get_latest_result(run, "hole_by_size")
    if not sizes:
        return None
    names = list(next(iter(sizes.values())))
    rows = [
        (f"{100 * float(size):.1f} %", *(format_metric(name, metrics[name]) for name in names))
        for size, metrics in sizes.items()
    ]
    errors = [metrics["hole_l1"] for metrics in sizes.values()]
    points = "; ".join(f"{error:.3f} at {row[0]}" for error, row in zip(errors, rows, strict=True))
    chart = draw_line_chart(
        f"L1 error in the hole, {split} images",
        [Curve("error", [100 * float(size) for size in sizes], errors)],
        f"L1 error by the side of the hole: {points}.",
        "side of the hole (% of the side of the image)",
    )
    return chart, [("Side of the hole", *map(label_metric, names)), *rows]


def select_sample_grids(samples: Mapping[int, Path]) -> Mapping[int, Path]:
    """Sample grids of evenly spaced steps, always with the first and the last; fewer if their files are large."""
    largest = max((path.stat().st_size for path in samples.values()), default=0)
    count = min(MAX_SAMPLE_GRIDS, max(2, MAX_SAMPLE_GRID_BYTES // max(largest, 1)))
    if len(samples) <= count:
        return samples
    steps = sorted(samples)
    selected = [steps[round(number * (len(steps) - 1) / (count - 1))] for number in range(count)]
    return {step: samples[step] for step in selected}


def list_extreme_inpaintings(run: CollectedRun) -> list[tuple[str, Path, list[str]]]:
    """The "worst" and the "best" in-paintings, if there are any: their image, and the PSNR of each of its rows."""
    return [
        (name, path, [_format_psnr(entry) for entry in run.extremes[name]])
        for name in ("worst", "best")
        if run.extremes.get(name) and (path := run.directory.extremes / f"{name}.png").is_file()
    ]


def _describe_evaluation(run: CollectedRun, split: str) -> str:
    metrics = run.get_metrics(split)
    weights = ", EMA weights" if metrics.get("weights") == "ema" else ""
    step = f", step {metrics['step']:,}" if metrics.get("step", run.step) != run.step else ""
    return f"{metrics['images']:,} {split} images{weights}{step}"


def _get_latest_result(run: CollectedRun, name: str) -> tuple[str, Any]:
    """A result on test images, or else on validation images, with its split; empty if there is none."""
    for split in reversed(SPLITS):
        if name in run.get_metrics(split):
            return split, run.get_metrics(split)[name]
    return "", {}


def _format_psnr(entry: Mapping[str, Any]) -> str:
    return "exact" if entry["hole_psnr"] is None else f"{entry['hole_psnr']:.1f} dB"
