"""Several runs on one page, by the means and deviations of `zoo compare`."""

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.evaluation.metrics import METRICS, format_metric, format_with_interval, label_metric
from zoo_core.report.collected import SPLITS, CollectedRun
from zoo_core.report.comparison import (
    Group,
    Spread,
    compare_runs,
    describe_measured_run,
    group_runs,
    read_measured_run,
)
from zoo_core.report.findings import Table

BASELINE = "labels-only"


@dataclass(frozen=True)
class Comparison:
    """What was compared on one split, and which runs could not be because nobody measured them on it."""

    split: str
    table: Table
    missing: list[str]


def comparisons(runs: Sequence[CollectedRun]) -> list[Comparison]:
    """Means over seeds on each split that runs were measured on."""
    return [found for split in reversed(SPLITS) if (found := _comparison(runs, split)) is not None]


def by_method(runs: Sequence[CollectedRun]) -> dict[str, list[CollectedRun]]:
    """Runs that differ in nothing but their seed together, by a name for them; one trained from Python stands alone."""
    collected = {run.directory.path: run for run in runs}
    known = [describe_measured_run(path, {}) for path, run in collected.items() if "recipe" in run.run]
    groups: dict[str, list[CollectedRun]] = {}
    for name, members in group_runs(known):
        on = f" on {members[0].data}" if len({run.data for run in known}) > 1 else ""
        groups[name + on] = [collected[member.path] for member in members]
    return groups | {run.title: [run] for run in runs if "recipe" not in run.run}


def run_table(runs: Sequence[CollectedRun]) -> Table:
    """A row for each run: its seed, its steps, and what it reached."""
    names = [name for name in METRICS if any(run.measures("validation").get(name) is not None for run in runs)]
    rows = [
        (
            str(run.directory.path),
            run.title,
            str(run.train["seed"]),
            f"{run.step:,}",
            *(format_with_interval(name, run.measures("validation")) for name in names),
        )
        for run in runs
    ]
    return Table(["Folder", "Run", "Seed", "Steps", *map(label_metric, names)], rows)


def _comparison(runs: Sequence[CollectedRun], split: str) -> Comparison | None:
    known = [run for run in runs if split in run.evaluations and "recipe" in run.run]
    if not known:
        return None
    found = [read_measured_run(run.directory.path, split) for run in known]
    groups = compare_runs(found, BASELINE if any(run.recipe == BASELINE for run in found) else None)
    missing = [str(run.directory.path) for run in runs if run not in known]
    return Comparison(split, _table(groups), missing)


def _table(groups: Sequence[Group]) -> Table:
    names = [name for name in METRICS if any(name in group.spreads for group in groups)]
    gains = any(group.gain is not None for group in groups)
    rows = [
        (
            group.name,
            group.data,
            str(len(group.seeds)),
            *(format_spread(name, group.spreads.get(name)) for name in names),
            *(_gain(group) if gains else ()),
        )
        for group in groups
    ]
    return Table(["Recipe", "Data", "Runs", *map(label_metric, names), *(("Gain", "Error cut") if gains else ())], rows)


def _gain(group: Group) -> tuple[str, str]:
    gain = "" if group.gain is None else f"{100 * group.gain:+.1f} points"
    return gain, "" if group.error_cut is None else f"{100 * group.error_cut:.1f} %"


def format_spread(name: str, spread: Spread | None) -> str:
    """A mean and the standard deviation beside it; empty if there is none."""
    if spread is None:
        return ""
    deviation = "" if spread.deviation is None else f" ± {format_metric(name, spread.deviation)}"
    return format_metric(name, spread.mean) + deviation
