"""Charts of metrics and loss terms over the steps of runs."""

from collections.abc import Mapping, Sequence

from zoo_core.evaluation.metrics import (
    VALIDATION_IMAGES,
    VALIDATION_PREFIX,
    VALIDATION_TEMPERATURE,
    format_metric,
    label_metric,
    label_with_unit,
    scale_to_unit,
)
from zoo_core.report.charts import Chart, Curve, draw_line_chart
from zoo_core.report.collected_run import CollectedRun, Series

NETWORKS = ("generator", "discriminator")
Legend = Mapping[str, Sequence[CollectedRun]]  # runs by their label in the legend; runs of one label look alike
Line = tuple[str, Series, int]  # label in the legend, values by step, style


def draw_metric_charts(runs: Legend) -> list[Chart]:
    """A chart of each metric on validation images, with a curve for each run."""
    names = [name for name in _list_names(runs) if name.startswith(VALIDATION_PREFIX)]
    metrics = [name for name in names if name not in (VALIDATION_IMAGES, VALIDATION_TEMPERATURE)]
    return [_draw_chart(label_with_unit(_get_term(name)), _get_term(name), _get_lines(name, runs)) for name in metrics]


def draw_term_charts(runs: Legend) -> list[Chart]:
    """A chart of each loss term of each network, with a curve for each run."""
    names = sorted((name for name in _list_names(runs) if not name.startswith(VALIDATION_PREFIX)), key=_get_term)
    return [
        _draw_chart(f"{_get_term(name)} ({_get_network(name)})", _get_term(name), _get_lines(name, runs))
        for name in names
    ]


def draw_term_charts_of_run(run: CollectedRun) -> list[Chart]:
    """A chart of each loss term of one run, with a curve for each network that has this term."""
    terms: dict[str, list[Line]] = {}
    for name, series in sorted(run.series.items(), reverse=True):
        if not name.startswith(VALIDATION_PREFIX):
            network = _get_network(name)
            style = NETWORKS.index(network) if network in NETWORKS else len(NETWORKS)
            terms.setdefault(_get_term(name), []).append((network, series, style))
    return [
        _draw_chart(term if len(lines) > 1 else f"{term} ({lines[0][0]})", term, lines)
        for term, lines in sorted(terms.items())
    ]


def _draw_chart(title: str, metric: str, lines: Sequence[Line]) -> Chart:
    curves = [
        Curve(label, list(series), scale_to_unit(metric, list(series.values())), style)
        for label, series, style in lines
    ]
    description = "; ".join(_describe_line(metric, label, series) for label, series, _ in lines)
    return draw_line_chart(title, curves, f"{label_metric(metric)} over steps: {description}.")


def _describe_line(metric: str, label: str, series: Series) -> str:
    """The first and the last point, for screen readers."""
    ends = (f"{format_metric(metric, series[step])} at step {step}" for step in (min(series), max(series)))
    return f"{label} from {' to '.join(ends)}"


def _get_lines(name: str, runs: Legend) -> list[Line]:
    return [
        (label, run.series[name], style)
        for style, (label, members) in enumerate(runs.items())
        for run in members
        if name in run.series
    ]


def _list_names(runs: Legend) -> list[str]:
    """The names of all metrics and loss terms of all runs, in the order of their first use."""
    return list(dict.fromkeys(name for members in runs.values() for run in members for name in run.series))


def _get_network(name: str) -> str:
    return name.partition("/")[0]


def _get_term(name: str) -> str:
    return name.partition("/")[2]
