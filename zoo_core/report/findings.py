"""What was measured, as the tables and charts of a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_core.evaluation.metrics import METRICS, format_metric, format_with_interval, label_metric
from zoo_core.report.charts import Chart, Curve, confusion_chart, line_chart
from zoo_core.report.collected import SPLITS, CollectedRun
from zoo_core.report.pictures import data_url


@dataclass(frozen=True)
class Table:
    """Cells as text, below and beside their headers."""

    columns: list[str]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Extremes:
    """A picture of in-paintings, with what is written beside each row."""

    name: str
    url: str
    psnr: list[str]


def measures(run: CollectedRun) -> Table | None:
    """A row for each measure, a column for each split it was measured on."""
    splits = [split for split in SPLITS if run.measures(split)]
    rows = [
        (label_metric(name), *(format_with_interval(name, run.measures(split)) for split in splits))
        for name in METRICS
        if any(run.measures(split).get(name) is not None for split in splits)
    ]
    return Table(["Measure", *(_measured_on(run, split) for split in splits)], rows) if rows else None


def _measured_on(run: CollectedRun, split: str) -> str:
    result = run.measures(split)
    weights = ", EMA weights" if result.get("weights") == "ema" else ""
    step = f", step {result['step']:,}" if result.get("step", run.step) != run.step else ""
    return f"{result['images']:,} {split} images{weights}{step}"


def by_hole_size(run: CollectedRun) -> tuple[Chart, Table] | None:
    """The error inside holes by the size of their side, from test images where they were measured."""
    split, sizes = _newest(run, "hole_by_size")
    if not sizes:
        return None
    names = list(next(iter(sizes.values())))
    rows = [
        (f"{100 * float(size):.1f} %", *(format_metric(name, measured[name]) for name in names))
        for size, measured in sizes.items()
    ]
    errors = [measured["hole_l1"] for measured in sizes.values()]
    told = "; ".join(f"{error:.3f} at {row[0]}" for error, row in zip(errors, rows, strict=True))
    curve = Curve("error", [100 * float(size) for size in sizes], errors)
    chart = line_chart(
        f"L1 error in the hole, {split} images",
        [curve],
        f"L1 error by the side of the hole: {told}.",
        "side of the hole, % of the image's",
    )
    return chart, Table(["Side of the hole", *map(label_metric, names)], rows)


def confusion_matrix(run: CollectedRun) -> tuple[Chart, Table] | None:
    """The confusion matrix, as a chart and as a table, from test images where they were measured."""
    split, confusion = _newest(run, "confusion")
    if not confusion:
        return None
    names = list(run.run.get("classes") or map(str, range(len(confusion))))
    right, all_of_them = sum(row[number] for number, row in enumerate(confusion)), sum(map(sum, confusion))
    summary = f"Confusion matrix: {right} of {all_of_them} {split} images lie on the diagonal, told right."
    chart = confusion_chart(f"True and told classes of {all_of_them:,} {split} images", confusion, names, summary)
    rows = [(name, *map(str, counts)) for name, counts in zip(names, confusion, strict=True)]
    return chart, Table(["True \\ told", *names], rows)


def extremes(run: CollectedRun) -> list[Extremes]:
    """The worst and the best in-paintings, each with its PSNR."""
    return [
        Extremes(name, data_url(picture), [_decibels(entry) for entry in run.extremes[name]])
        for name in ("worst", "best")
        if run.extremes.get(name) and (picture := run.directory.extremes / f"{name}.png").is_file()
    ]


def _decibels(entry: Mapping[str, Any]) -> str:
    return "exact" if entry["hole_psnr"] is None else f"{entry['hole_psnr']:.1f} dB"


def _newest(run: CollectedRun, name: str) -> tuple[str, Any]:
    """A measure on test images, else on validation images, else nothing; with its split."""
    return next(
        ((split, run.measures(split)[name]) for split in reversed(SPLITS) if name in run.measures(split)), ("", {})
    )
