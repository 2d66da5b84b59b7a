"""The page itself: everything it shows, in one HTML file."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, UndefinedError

from registry import UsageError, ZooError
from zoo_core.evaluation.metrics import format_with_interval, label_metric
from zoo_core.report import curves, findings, repeating, side_by_side
from zoo_core.report.collected import CollectedRun, collect_run
from zoo_core.report.pictures import Grid, data_url, grids

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, UndefinedError)
LISTED = 50  # skipped files; all are in skipped-files.txt


def page_of(paths: Sequence[Path]) -> str:
    """The page about one run, or about several side by side.

    Raises:
        UsageError: A run is named twice.
        ZooError: One is no run, or a file of it is damaged.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("A run is named twice. Name each run once.")
    runs = [collect_run(path) for path in paths]
    try:
        return run_page(runs[0]) if len(runs) == 1 else comparison_page(runs)
    except UNREADABLE as error:
        named = ", ".join(map(str, paths))
        raise ZooError(f"A file of {named} holds what no run writes: {type(error).__name__}: {error}.") from error


def run_page(run: CollectedRun) -> str:
    """All about one run."""
    return _template("run").render(
        run=run,
        title=run.title,
        highlights=_highlights(run),
        measures=findings.measures(run),
        grids=grids(run.samples),
        extremes=findings.extremes(run),
        measure_charts=curves.measure_charts({"this run": [run]}),
        term_charts=curves.terms_of_both(run),
        classes=findings.confusion_matrix(run),
        masks=findings.by_hole_size(run),
        command=repeating.command_of(run),
        settings=repeating.settings_of(run),
        listed=LISTED,
    )


def comparison_page(runs: Sequence[CollectedRun]) -> str:
    """Several runs side by side."""
    legend = side_by_side.by_method(runs)
    return _template("comparison").render(
        title=f"{len(runs)} runs side by side",
        comparisons=side_by_side.comparisons(runs),
        table_of_runs=side_by_side.run_table(runs),
        grids=[(run, _last_grid(run)) for run in runs if run.samples],
        measure_charts=curves.measure_charts(legend),
        term_charts=curves.term_charts(legend),
        commands=[(run, repeating.command_of(run)) for run in runs],
    )


def _highlights(run: CollectedRun) -> list[tuple[str, str]]:
    """The few numbers one looks for first: name and value."""
    split = "test" if run.measures("test") else "validation"
    result = {**run.measures(split)}
    result.pop("accuracy_interval", None)
    names = [name for name in ("accuracy", "hole_psnr") if result.get(name) is not None]
    found = [(f"{label_metric(name)}, {split}", format_with_interval(name, result)) for name in names]
    found.append(("Steps", f"{run.step:,}" if run.step >= run.total_steps else f"{run.step:,} of {run.total_steps:,}"))
    if run.summary.get("seconds"):
        since = "" if run.summary["first_step"] == 0 else f" since step {run.summary['first_step']:,}"
        found.append((f"Wall time{since}", format_duration(run.summary["seconds"])))
    return found


def _last_grid(run: CollectedRun) -> Grid:
    step = max(run.samples)
    return Grid(step, data_url(run.samples[step]))


def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("zoo_core.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html.jinja")


def format_duration(seconds: float) -> str:
    """Seconds as "44 s", "12 min", "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
