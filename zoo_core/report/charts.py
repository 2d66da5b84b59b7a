"""Charts as SVG inside the page: in its font, in its colours by day and by night."""

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

HEIGHT = 2.1
WIDTH = 3.6  # inches; as wide as a phone, so that 8 points stay legible there
TEXT = "#010203"  # stands for the page's own colour
SERIES = tuple(f"#0a0b0{number}" for number in range(6))  # stand for colours of the style sheet
DASHES = ("solid", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
FEW = 12  # points that get a mark each
NAMED = 30  # classes whose names still fit
COUNTED = 12  # classes whose counts still fit
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 8,
    "text.color": TEXT,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "grid.color": TEXT,
    "grid.alpha": 0.15,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
ABOVE: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 0.98), "handlelength": 2.4}
NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Attributes:
        label: Its name in the legend; curves of the same label share an entry.
        x: Where.
        y: What.
        style: Which colour and dash.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: int = 0


@dataclass(frozen=True)
class Chart:
    """A drawn chart.

    Attributes:
        title: Stands above it.
        svg: To be put into a page.
    """

    title: str
    svg: Markup


def line_chart(title: str, curves: Sequence[Curve], summary: str, x_label: str = "step") -> Chart:
    """Curves in one chart, with a legend where there is more than one name.

    Args:
        title: Stands above it; with the summary it tells this chart from others of the page.
        curves: In the order of the legend.
        summary: What one sees, for those who do not see it.
        x_label: What lies along the horizontal axis.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_subplot()
        for curve in curves:
            _draw(axes, curve)
        axes.set_xlabel(x_label)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y")
        names = {curve.label: line for curve, line in zip(curves, axes.lines, strict=True)}
        rows = ceil(len(names) / 2) if len(names) > 1 else 0
        if rows:
            axes.legend(list(names.values()), _verbatim(list(names)), ncols=2, **ABOVE)
        figure.subplots_adjust(left=0.13, right=0.97, bottom=0.2, top=0.95 - 0.085 * rows)
        return _finished(figure, title, summary)


def confusion_chart(title: str, confusion: Sequence[Sequence[int]], classes: Sequence[str], summary: str) -> Chart:
    """A confusion matrix, each row shaded by shares of its true class.

    Args:
        title: Stands above it.
        confusion: A row for each true class, a column for each class told.
        classes: Their names.
        summary: What one sees, for those who do not see it.
    """
    shares = [[count / max(sum(row), 1) for count in row] for row in confusion]
    tint = LinearSegmentedColormap.from_list("tint", [(0.15, 0.5, 0.9, 0.0), (0.15, 0.5, 0.9, 0.6)])
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, WIDTH), layout="constrained")
        axes = figure.add_subplot()
        axes.pcolormesh(shares, cmap=tint, vmin=0, vmax=1, rasterized=len(classes) > NAMED)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.set(xlabel="told", ylabel="true")
        if len(classes) <= NAMED:
            centres = [number + 0.5 for number in range(len(classes))]
            size = max(4.0, min(8.0, 90 / len(classes)))
            upright = all(len(name) < 3 for name in classes)
            axes.set_xticks(centres, _verbatim(classes), rotation=0 if upright else 90, fontsize=size)
            axes.set_yticks(centres, _verbatim(classes), fontsize=size)
        if len(classes) <= COUNTED:
            _write_counts(axes, confusion)
        return _finished(figure, title, summary)


def _draw(axes: Axes, curve: Curve) -> None:
    axes.plot(
        curve.x,
        curve.y,
        label=curve.label,
        color=SERIES[curve.style % len(SERIES)],
        linestyle=DASHES[(curve.style + curve.style // len(SERIES)) % len(DASHES)],
        linewidth=1.2,
        marker="o" if len(curve.x) <= FEW else None,
        markersize=3,
    )


def _write_counts(axes: Axes, confusion: Sequence[Sequence[int]]) -> None:
    for row, counts in enumerate(confusion):
        for column, count in enumerate(counts):
            if count:
                axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", fontsize=6.5)


def _verbatim(names: Sequence[str]) -> list[str]:
    """Names that are not read as formulas."""
    return [name.replace("$", r"\$") for name in names]


def _finished(figure: Figure, title: str, summary: str) -> Chart:
    """Makes an SVG that can stand in a page among others: its ids are its own, its colours the page's."""
    own = f"c{sha256(f'{title} {summary}'.encode()).hexdigest()[:8]}"
    drawn = StringIO()
    with rc_context({"svg.hashsalt": own}):
        figure.savefig(drawn, format="svg", metadata=NOTHING)
    _, _, after = drawn.getvalue().partition("<svg ")
    attributes, _, content = after.partition(">")
    (view,) = re.findall(r'viewBox="[^"]*"', attributes)
    content = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{own}-", content).replace(TEXT, "currentColor")
    for number, colour in enumerate(SERIES):
        content = content.replace(colour, f"var(--series-{number})")
    return Chart(title, Markup('<svg role="img" aria-label="{}" {}>{}').format(summary, Markup(view), Markup(content)))
