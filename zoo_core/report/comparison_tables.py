"""The tables of a page that compares several runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.evaluation.metrics import METRICS, format_metric, format_with_interval, label_metric
from zoo_core.report.collected_run import SPLITS, CollectedRun
from zoo_core.report.comparison import RunGroup, Spread, compare_runs, describe_run, group_runs
from zoo_core.report.results import Table


@dataclass(frozen=True)
class SplitComparison:
    """A comparison of the runs that were evaluated on a split, and the folders of the other runs."""

    split: str
    table: Table
    missing: list[str]


def compare_on_splits(runs: Sequence[CollectedRun]) -> list[SplitComparison]:
    """Compares runs on each split that at least one of them was evaluated on."""
    comparisons = (_compare_on_split(runs, split) for split in reversed(SPLITS))
    return [comparison for comparison in comparisons if comparison is not None]


def group_by_method(runs: Sequence[CollectedRun]) -> dict[str, list[CollectedRun]]:
    """Groups runs that differ only in their seed by a name; a run that was trained from Python is its own group."""
    collected = {run.directory.path: run for run in runs}
    described = [describe_run(path, {}) for path, run in collected.items() if "recipe" in run.info]
    has_several_datasets = len({run.data for run in described}) > 1
    groups: dict[str, list[CollectedRun]] = {}
    for name, members in group_runs(described):
        suffix = f" on {members[0].data}" if has_several_datasets else ""
        groups[name + suffix] = [collected[member.path] for member in members]
    return groups | {run.title: [run] for run in runs if "recipe" not in run.info}


def tabulate_runs(runs: Sequence[CollectedRun]) -> Table:
    """A row for each run with its seed, steps and metrics on validation images."""
    names = [name for name in METRICS if any(run.get_metrics("validation").get(name) is not None for run in runs)]
    rows = [
        (
            str(run.directory.path),
            run.title,
            str(run.seed),
            f"{run.step:,}",
            *(format_with_interval(name, run.get_metrics("validation")) for name in names),
        )
        for run in runs
    ]
    return Table(["Folder", "Run", "Seed", "Steps", *map(label_metric, names)], rows)


def _compare_on_split(runs: Sequence[CollectedRun], split: str) -> SplitComparison | None:
    evaluated = [run for run in runs if split in run.evaluations and "recipe" in run.info]
    if not evaluated:
        return None
    groups = compare_runs([describe_run(run.directory.path, run.evaluations[split]) for run in evaluated])
    missing = [str(run.directory.path) for run in runs if run not in evaluated]
    return SplitComparison(split, _tabulate_groups(groups), missing)


def _tabulate_groups(groups: Sequence[RunGroup]) -> Table:
    names = [name for name in METRICS if any(name in group.spreads for group in groups)]
    has_gains = any(group.gain is not None for group in groups)
    rows = [
        (
            group.name,
            group.data,
            str(len(group.seeds)),
            *(_format_spread(name, group.spreads.get(name)) for name in names),
            *(_format_gain(group) if has_gains else ()),
        )
        for group in groups
    ]
    gains = ("Gain", "Error cut") if has_gains else ()
    return Table(["Recipe", "Data", "Runs", *map(label_metric, names), *gains], rows)


def _format_spread(name: str, spread: Spread | None) -> str:
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {format_metric(name, spread.deviation)}"
    return format_metric(name, spread.mean) + deviation


def _format_gain(group: RunGroup) -> tuple[str, str]:
    gain = "" if group.gain is None else f"{100 * group.gain:+.1f} points"
    return gain, "" if group.error_cut is None else f"{100 * group.error_cut:.1f} %"
