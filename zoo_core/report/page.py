"""The HTML page of a report: a single file that works offline."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, UndefinedError

from registry import UsageError, ZooError
from zoo_core.evaluation.metrics import format_metric, label_metric
from zoo_core.files import write_new_text
from zoo_core.report import comparison, curves, results
from zoo_core.report.collected_run import CollectedRun
from zoo_core.training.run_directory import RunDirectory

CONTENT_ERRORS = (KeyError, TypeError, ValueError, AttributeError, UndefinedError)  # from files with unexpected content
MAX_SKIPPED_FILES = 50  # on the page; skipped-files.txt lists all of them


def build_page(paths: Sequence[Path]) -> str:
    """The HTML page about a run, or about several runs in comparison.

    Raises:
        UsageError: The same run is given twice.
        ZooError: A path is not a run, or one of its files is damaged.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("A run is named twice. Name each run once.")
    runs = [CollectedRun(path) for path in paths]
    try:
        return _render_run(runs[0]) if len(runs) == 1 else _render_comparison(runs)
    except CONTENT_ERRORS as error:
        folders = ", ".join(map(str, paths))
        raise ZooError(f"A file in {folders} has unexpected content: {type(error).__name__}: {error}.") from error


def write_run_report(run: Path) -> Path:
    """Writes report.html into a run folder, replacing an earlier one, and returns its path.

    Raises:
        ZooError: The path is not a run, one of its files is damaged, or the page cannot be written.
    """
    path = RunDirectory(run).report_file
    write_new_text(path, build_page([run]), overwrite=True)
    return path


def _render_run(run: CollectedRun) -> str:
    return _render(
        "run",
        run=run,
        title=run.title,
        highlights=_list_highlights(run),
        metrics=results.tabulate_metrics(run),
        grids=results.select_sample_grids(run.samples),
        extremes=results.list_extreme_inpaintings(run),
        metric_charts=curves.draw_metric_charts({"this run": [run]}),
        term_charts=curves.draw_term_charts_of_run(run),
        confusion=results.show_confusion_matrix(run),
        hole_sizes=results.show_hole_sizes(run),
        max_skipped_files=MAX_SKIPPED_FILES,
    )


def _render_comparison(runs: Sequence[CollectedRun]) -> str:
    legend = comparison.group_by_method(runs)
    return _render(
        "comparison",
        title=f"Comparison of {len(runs)} runs",
        comparisons=comparison.compare_on_splits(runs),
        runs=runs,
        table_of_runs=comparison.tabulate_runs(runs),
        metric_charts=curves.draw_metric_charts(legend),
        term_charts=curves.draw_term_charts(legend),
    )


def _render(template: str, **values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("zoo_core.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embed_image"] = _embed_image
    return environment.get_template(f"{template}.html.jinja").render(values)


def _embed_image(path: Path) -> str:
    """A data URL with the content of a PNG file."""
    return "data:image/png;base64," + b64encode(path.read_bytes()).decode()


def _list_highlights(run: CollectedRun) -> list[tuple[str, str]]:
    """The numbers at the top of the page: label and value."""
    split = "test" if run.get_metrics("test") else "validation"
    metrics = run.get_metrics(split)
    names = [name for name in ("accuracy", "hole_psnr") if metrics.get(name) is not None]
    highlights = [(f"{label_metric(name)}, {split}", format_metric(name, metrics[name])) for name in names]
    highlights.append(("Steps", f"{run.step:,}" if run.is_finished else f"{run.step:,} of {run.total_steps:,}"))
    if run.summary.get("seconds"):
        since = "" if run.summary["first_step"] == 0 else f" since step {run.summary['first_step']:,}"
        highlights.append((f"Wall time{since}", _format_duration(run.summary["seconds"])))
    return highlights


def _format_duration(seconds: float) -> str:
    """A duration such as "44 s", "12 min" or "3 h 5 min"."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
