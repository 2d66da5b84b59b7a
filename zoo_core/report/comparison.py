"""Comparison of runs: statistics over seeds, gains over a baseline, and the tables of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import mean, stdev
from typing import Any

from registry import UsageError
from zoo_core.evaluation.metrics import METRICS, format_metric, format_with_interval, label_metric
from zoo_core.report.collected_run import SPLITS, CollectedRun, Table

DEFAULT_BASELINE = "labels-only"


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds; the deviation of a single run is None."""

    mean: float
    deviation: float | None

    @staticmethod
    def from_values(values: Sequence[float]) -> "Spread":
        """The spread of at least one value, with the sample standard deviation (n - 1)."""
        return Spread(mean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True)
class RunGroup:
    """Runs that differ only in their seed."""

    name: str  # the recipe, and the options that distinguish this group from others of the same recipe
    data: str
    recipe: str
    seeds: tuple[int, ...]
    steps: tuple[int, ...]  # the different numbers of steps at which the runs were evaluated
    spreads: Mapping[str, Spread]  # by metric
    gain: float | None = None  # difference to the mean accuracy of the baseline, as a fraction
    error_cut: float | None = None  # relative reduction of the mean error of the baseline


def compare_runs(runs: Sequence[CollectedRun], split: str, baseline: str | None = None) -> list[RunGroup]:
    """Groups runs by data and method, and compares each group with the baseline on the same data.

    The baseline is a recipe; if None, it is `DEFAULT_BASELINE`, if one of the runs uses it.

    Raises:
        ZooError: A run was not evaluated on this split.
        UsageError: A run is given twice, no run uses the baseline, or runs of the baseline differ in more than seeds.
    """
    results = {run: run.require_evaluation(split) for run in runs}
    _check_distinct(runs)
    recipes = {run.info["recipe"] for run in runs}
    if baseline is not None and baseline not in recipes:
        raise UsageError(
            f"None of these runs uses the recipe '{baseline}'. Add one, or choose another `--baseline`; available: "
            f"{', '.join(sorted(recipes))}."
        )
    groups = [_summarize_group(name, members, [results[run] for run in members]) for name, members in group_runs(runs)]
    return [_add_gain(group, _find_baseline(group, groups, baseline or DEFAULT_BASELINE)) for group in groups]


def group_runs(runs: Sequence[CollectedRun]) -> list[tuple[str, list[CollectedRun]]]:
    """Groups runs that differ only in their seed, each named by its recipe and the options that distinguish it."""
    ordered = sorted(runs, key=lambda run: (run.data, run.info["recipe"], sorted(run.method.items()), run.seed))
    groups = groupby(ordered, key=lambda run: (run.data, run.info["recipe"], run.method))
    return [
        (f"{recipe} {_list_differences(recipe, method, ordered)}".strip(), list(members))
        for (_, recipe, method), members in groups
    ]


def group_by_method(runs: Sequence[CollectedRun]) -> dict[str, list[CollectedRun]]:
    """Groups runs as `group_runs` does, by a unique name; a run that was trained from Python is its own group."""
    with_recipe = [run for run in runs if "recipe" in run.info]
    has_several_datasets = len({run.data for run in with_recipe}) > 1
    groups: dict[str, list[CollectedRun]] = {}
    for name, members in group_runs(with_recipe):
        groups[f"{name} on {members[0].data}" if has_several_datasets else name] = members
    return groups | {run.title: [run] for run in runs if "recipe" not in run.info}


def compare_on_splits(runs: Sequence[CollectedRun]) -> list[tuple[str, Table, list[str]]]:
    """The splits that a run was evaluated on, each with a table of its results and the folders of all other runs."""
    comparisons = []
    for split in reversed(SPLITS):
        evaluated = [run for run in runs if split in run.evaluations and "recipe" in run.info]
        if evaluated:
            missing = [str(run.directory.path) for run in runs if run not in evaluated]
            comparisons.append((split, _tabulate_groups(compare_runs(evaluated, split)), missing))
    return comparisons


def tabulate_runs(runs: Sequence[CollectedRun]) -> Table:
    """A row for each run with its seed, steps and metrics on validation images."""
    names = [name for name in METRICS if any(run.get_metrics("validation").get(name) is not None for run in runs)]
    header = ("Folder", "Run", "Seed", "Steps", *map(label_metric, names))
    return [header, *(_describe_run(run, names) for run in runs)]


def _describe_run(run: CollectedRun, names: Sequence[str]) -> tuple[str, ...]:
    metrics = [format_with_interval(name, run.get_metrics("validation")) for name in names]
    return str(run.directory.path), run.title, str(run.seed), f"{run.step:,}", *metrics


def _check_distinct(runs: Sequence[CollectedRun]) -> None:
    paths = [run.directory.path.resolve() for run in runs]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"{path} is named twice. Name each run once.")


def _list_differences(recipe: str, method: Mapping[str, str], runs: Sequence[CollectedRun]) -> str:
    """The options in which a method differs from others of the same recipe, on any data."""
    methods = [run.method for run in runs if run.info["recipe"] == recipe]
    names = sorted(name for name in method if len({other.get(name) for other in methods}) > 1)
    return " ".join(f"{name}={method[name]}" for name in names)


def _summarize_group(name: str, members: Sequence[CollectedRun], results: Sequence[Mapping[str, Any]]) -> RunGroup:
    metrics = [metric for metric in METRICS if all(result.get(metric) is not None for result in results)]
    return RunGroup(
        name=name,
        data=members[0].data,
        recipe=members[0].info["recipe"],
        seeds=tuple(run.seed for run in members),
        steps=tuple(sorted({result["step"] for result in results})),
        spreads={metric: Spread.from_values([result[metric] for result in results]) for metric in metrics},
    )


def _find_baseline(group: RunGroup, groups: Sequence[RunGroup], baseline: str) -> RunGroup | None:
    candidates = [other for other in groups if other.recipe == baseline and other.data == group.data]
    if len(candidates) > 1:
        names = "; ".join(other.name for other in candidates)
        raise UsageError(f"Runs of the baseline '{baseline}' differ in more than seeds: {names}. Name one kind only.")
    return candidates[0] if candidates else None


def _add_gain(group: RunGroup, baseline: RunGroup | None) -> RunGroup:
    accuracy = group.spreads.get("accuracy")
    reference = baseline.spreads.get("accuracy") if baseline else None
    if baseline is group or accuracy is None or reference is None:
        return group
    gain, error = accuracy.mean - reference.mean, 1 - reference.mean
    return replace(group, gain=gain, error_cut=gain / error if error else None)


def _tabulate_groups(groups: Sequence[RunGroup]) -> Table:
    names = [name for name in METRICS if any(name in group.spreads for group in groups)]
    has_gains = any(group.gain is not None for group in groups)
    header = ("Recipe", "Data", "Runs", *map(label_metric, names), *(("Gain", "Error cut") if has_gains else ()))
    return [header, *(_describe_group(group, names, has_gains) for group in groups)]


def _describe_group(group: RunGroup, names: Sequence[str], has_gains: bool) -> tuple[str, ...]:
    spreads = [_format_spread(name, group.spreads.get(name)) for name in names]
    return group.name, group.data, str(len(group.seeds)), *spreads, *(_format_gain(group) if has_gains else ())


def _format_spread(name: str, spread: Spread | None) -> str:
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {format_metric(name, spread.deviation)}"
    return format_metric(name, spread.mean) + deviation


def _format_gain(group: RunGroup) -> tuple[str, str]:
    gain = "" if group.gain is None else f"{100 * group.gain:+.1f} points"
    return gain, "" if group.error_cut is None else f"{100 * group.error_cut:.1f} %"
