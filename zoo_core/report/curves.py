"""Metrics as charts: one for each measure, and one for each term of the losses."""

from collections.abc import Mapping, Sequence

from zoo_core.evaluation.metrics import (
    TEMPERATURE,
    VALIDATION,
    VALIDATION_IMAGES,
    format_metric,
    label_metric,
    label_with_unit,
    scale_to_unit,
)
from zoo_core.report.charts import Chart, Curve, line_chart
from zoo_core.report.collected import CollectedRun, Series

NO_METRICS = (VALIDATION_IMAGES, TEMPERATURE)
PLAYERS = ("generator", "discriminator")
Legend = Mapping[str, Sequence[CollectedRun]]  # runs by their name in the legend; those of one name look alike
Line = tuple[str, Series, int]  # name in the legend, values by step, style


def measure_charts(runs: Legend) -> list[Chart]:
    """A chart of each measure on validation images, with a curve for each run."""
    names = [name for name in _metrics(runs) if name.startswith(VALIDATION) and name not in NO_METRICS]
    return [_chart(label_with_unit(_term(name)), _term(name), _lines(name, runs)) for name in names]


def term_charts(runs: Legend) -> list[Chart]:
    """A chart of each player's terms, with a curve for each run."""
    names = sorted((name for name in _metrics(runs) if not name.startswith(VALIDATION)), key=_term)
    return [_chart(f"{_term(name)} of the {_player(name)}", _term(name), _lines(name, runs)) for name in names]


def terms_of_both(run: CollectedRun) -> list[Chart]:
    """A chart of each term of one run, with a curve for each player that has it."""
    players: dict[str, list[Line]] = {}
    for name, series in sorted(run.series().items(), reverse=True):
        if not name.startswith(VALIDATION):
            style = PLAYERS.index(_player(name)) if _player(name) in PLAYERS else len(PLAYERS)
            players.setdefault(_term(name), []).append((_player(name), series, style))
    return [_chart(_titled(term, lines), term, lines) for term, lines in sorted(players.items())]


def _titled(term: str, lines: Sequence[Line]) -> str:
    return term if len(lines) > 1 else f"{term} of the {lines[0][0]}"


def _chart(title: str, measure: str, lines: Sequence[Line]) -> Chart:
    curves = [
        Curve(name, list(series), scale_to_unit(measure, list(series.values())), style) for name, series, style in lines
    ]
    told = "; ".join(_told(measure, name, series) for name, series, _ in lines)
    return line_chart(title, curves, f"{label_metric(measure)} over steps: {told}.")


def _told(measure: str, name: str, series: Series) -> str:
    """Where a curve begins and where it ends, for those who do not see it."""
    first, last = min(series), max(series)
    return f"{name} from {format_metric(measure, series[first])} at step {first} to {format_metric(measure, series[last])} at {last}"


def _lines(name: str, runs: Legend) -> list[Line]:
    return [
        (legend, run.series()[name], style)
        for style, (legend, members) in enumerate(runs.items())
        for run in members
        if name in run.series()
    ]


def _metrics(runs: Legend) -> list[str]:
    """Names of all metrics of all runs, in the order of their first use."""
    return list(dict.fromkeys(name for members in runs.values() for run in members for name in run.series()))


def _player(name: str) -> str:
    return name.partition("/")[0]


def _term(name: str) -> str:
    return name.partition("/")[2]
