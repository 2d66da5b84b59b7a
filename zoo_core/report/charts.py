"""Charts as inline SVG, in the font and the colours of the page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from math import ceil
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

HEIGHT = 2.1  # inches
WIDTH = 3.6  # inches; as wide as a phone, so that 8 points remain legible there
TEXT_COLOUR = "#010203"  # replaced by the text colour of the page
SERIES_COLOURS = tuple(f"#0a0b0{number}" for number in range(6))  # replaced by colours of the style sheet
DASHES = ("solid", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
MAX_MARKERS = 12  # points; longer curves are drawn without markers
MAX_NAMED_CLASSES = 30  # more names would overlap
MAX_COUNTED_CLASSES = 12  # more counts would overlap
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 8,
    "text.color": TEXT_COLOUR,
    "axes.edgecolor": TEXT_COLOUR,
    "axes.labelcolor": TEXT_COLOUR,
    "xtick.color": TEXT_COLOUR,
    "ytick.color": TEXT_COLOUR,
    "grid.color": TEXT_COLOUR,
    "grid.alpha": 0.15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
LEGEND_ABOVE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.98), "handlelength": 2.4}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True)
class Curve:
    """A curve of a chart; curves with the same label share an entry of the legend."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: int = 0  # index of its colour and dashes


@dataclass(frozen=True)
class Chart:
    """A chart as inline SVG, and the title to be printed above it."""

    title: str
    svg: Markup


def draw_line_chart(title: str, curves: Sequence[Curve], summary: str, x_label: str = "step") -> Chart:
    """Draws curves in one chart, with a legend if there are several labels.

    The summary is for screen readers. No other chart of the page may have the same title and summary.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_subplot()
        for curve in curves:
            _plot_curve(axes, curve)
        axes.set_xlabel(x_label)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y")
        labels = {curve.label: line for curve, line in zip(curves, axes.lines, strict=True)}
        rows = ceil(len(labels) / 2) if len(labels) > 1 else 0
        if rows:
            axes.legend(list(labels.values()), _escape_formulas(list(labels)), ncols=2, **LEGEND_ABOVE)
        figure.subplots_adjust(left=0.15, right=0.97, bottom=0.2, top=0.95 - 0.085 * rows)
        return _render(figure, title, summary)


def draw_confusion_matrix(
    title: str, confusion: Sequence[Sequence[int]], classes: Sequence[str], summary: str
) -> Chart:
    """Draws numbers of images, with a row for each true class, shaded by their proportion in each row."""
    fractions = [[count / max(sum(row), 1) for count in row] for row in confusion]
    shades = LinearSegmentedColormap.from_list("shades", [(0.15, 0.5, 0.9, 0.0), (0.15, 0.5, 0.9, 0.6)])
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, WIDTH), layout="constrained")
        axes = figure.add_subplot()
        axes.pcolormesh(fractions, cmap=shades, vmin=0, vmax=1, rasterized=len(classes) > MAX_NAMED_CLASSES)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set(xlabel="predicted class", ylabel="true class")
        if len(classes) <= MAX_NAMED_CLASSES:
            _write_class_names(axes, classes)
        if len(classes) <= MAX_COUNTED_CLASSES:
            _write_counts(axes, confusion)
        return _render(figure, title, summary)


def _plot_curve(axes: Axes, curve: Curve) -> None:
    axes.plot(
        curve.x,
        curve.y,
        label=curve.label,
        color=SERIES_COLOURS[curve.style % len(SERIES_COLOURS)],
        linestyle=DASHES[(curve.style + curve.style // len(SERIES_COLOURS)) % len(DASHES)],
        linewidth=1.2,
        marker="o" if len(curve.x) <= MAX_MARKERS else None,
        markersize=3,
    )


def _write_class_names(axes: Axes, classes: Sequence[str]) -> None:
    centres = [number + 0.5 for number in range(len(classes))]
    size = max(4.0, min(8.0, 90 / len(classes)))
    are_short = all(len(name) < 3 for name in classes)
    axes.set_xticks(centres, _escape_formulas(classes), rotation=0 if are_short else 90, fontsize=size)
    axes.set_yticks(centres, _escape_formulas(classes), fontsize=size)


def _write_counts(axes: Axes, confusion: Sequence[Sequence[int]]) -> None:
    for row, counts in enumerate(confusion):
        for column, count in enumerate(counts):
            if count:
                axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", fontsize=6.5)


def _escape_formulas(names: Sequence[str]) -> list[str]:
    """Names that matplotlib does not read as formulas."""
    return [name.replace("$", r"\$") for name in names]


def _render(figure: Figure, title: str, summary: str) -> Chart:
    """Renders a figure as SVG with ids that are unique on the page, and with the colours of the page."""
    prefix = f"c{sha256(f'{title} {summary}'.encode()).hexdigest()[:8]}"
    file = StringIO()
    with rc_context({"svg.hashsalt": prefix}):
        figure.savefig(file, format="svg", metadata=NO_METADATA)
    attributes, _, content = file.getvalue().partition("<svg ")[2].partition(">")
    (view,) = re.findall(r'viewBox="[^"]*"', attributes)
    content = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", content).replace(TEXT_COLOUR, "currentColor")
    for number, colour in enumerate(SERIES_COLOURS):
        content = content.replace(colour, f"var(--series-{number})")
    return Chart(title, Markup('<svg role="img" aria-label="{}" {}>{}').format(summary, Markup(view), Markup(content)))
