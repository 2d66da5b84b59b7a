"""Runs side by side: what each recipe reaches over its seeds, and what it gains over a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from registry import UsageError, ZooError
from zoo_core.evaluation.metrics import METRICS
from zoo_core.training.run_directory import RunDirectory

NOT_THE_METHOD = {"log_every", "evaluate_every", "checkpoint_every", "keep", "device", "seed"}


@dataclass(frozen=True)
class MeasuredRun:
    """One run with its measures.

    Attributes:
        path: The run.
        recipe: What it was started from.
        data: What it learnt from, such as "fashion-mnist, 100 labels".
        method: Its other settings but the seed, as "loss.w_rec" and value.
        seed: Its seed.
        result: What `zoo evaluate` kept.
    """

    path: Path
    recipe: str
    data: str
    method: Mapping[str, str]
    seed: int
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation over seeds; no deviation for a single run."""

    mean: float
    deviation: float | None

    @staticmethod
    def of(values: Sequence[float]) -> "Spread":
        """Spread of at least one value; the deviation is the sample's (n - 1)."""
        return Spread(mean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed.

    Attributes:
        name: The recipe, and the options by which it differs from other groups of the same recipe.
        data: What they learnt from.
        recipe: What they were started from.
        seeds: Theirs.
        steps: Of their checkpoints.
        spreads: By measure.
        gain: Difference to the baseline's mean accuracy, in shares.
        error_cut: Relative reduction of the baseline's mean error.
    """

    name: str
    data: str
    recipe: str
    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    spreads: Mapping[str, Spread]
    gain: float | None = None
    error_cut: float | None = None


def read_measured_run(path: Path, split: str) -> MeasuredRun:
    """Reads a run and what `zoo evaluate` found.

    Raises:
        ZooError: It is no run, or was not measured at its newest checkpoint.
    """
    directory = RunDirectory(path)
    directory.read_run()
    result = directory.read_evaluation(split)
    if result is None:
        raise ZooError(
            f"{path} has not been measured on its {split} images. Write `zoo evaluate {path} --split {split}`."
        )
    return describe_measured_run(path, result)


def describe_measured_run(path: Path, result: Mapping[str, Any]) -> MeasuredRun:
    """Reads what a run is, beside measures of it that are known already."""
    directory = RunDirectory(path)
    run = directory.read_run()
    settings = run["settings"]
    labels = len(directory.read_split()["labelled"])
    data = f"{settings['data']['name'].rpartition(':')[2]}, {labels} labels, {settings['data']['image_size']} px"
    method = {
        f"{section}.{name}": str(value)
        for section in ("generator", "discriminator", "loss", "train")
        for name, value in settings[section].items()
        if name not in NOT_THE_METHOD
    }
    return MeasuredRun(path, run["recipe"], data, method, settings["train"]["seed"], result)


def compare_runs(runs: Sequence[MeasuredRun], baseline: str | None = None) -> list[Group]:
    """Groups runs by data and method, each group against the baseline on the same data.

    Args:
        runs: In any order.
        baseline: Recipe to measure the others by.

    Raises:
        UsageError: The same run was named twice, no run is of the baseline, or the baseline is not one method.
    """
    _check_distinct(runs)
    if baseline is not None and baseline not in {run.recipe for run in runs}:
        raise UsageError(f"No run named here is of the recipe '{baseline}'. Write `--baseline` with one that is.")
    groups = [_group(name, members) for name, members in group_runs(runs)]
    return [_against(group, _baseline_of(group, groups, baseline)) for group in groups]


def group_runs(runs: Sequence[MeasuredRun]) -> list[tuple[str, list[MeasuredRun]]]:
    """Runs that differ in nothing but their seed together, named by recipe and the options that set them apart."""
    ordered = sorted(runs, key=lambda run: (run.data, run.recipe, sorted(run.method.items()), run.seed))
    groups = [list(members) for _, members in groupby(ordered, key=lambda run: (run.data, run.recipe, run.method))]
    return [(f"{members[0].recipe} {_peculiar(members[0], ordered)}".strip(), members) for members in groups]


def _check_distinct(runs: Sequence[MeasuredRun]) -> None:
    paths = [run.path.resolve() for run in runs]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"{path} is named twice. Name each run once.")


def _group(name: str, members: Sequence[MeasuredRun]) -> Group:
    first = members[0]
    present = [measure for measure in METRICS if all(run.result.get(measure) is not None for run in members)]
    return Group(
        name=name,
        data=first.data,
        recipe=first.recipe,
        seeds=tuple(run.seed for run in members),
        steps=tuple(sorted({run.result["step"] for run in members})),
        spreads={measure: Spread.of([run.result[measure] for run in members]) for measure in present},
    )


def _peculiar(run: MeasuredRun, all_runs: Sequence[MeasuredRun]) -> str:
    """The options by which a run differs from others of the same recipe, on whatever data."""
    alike = [other.method for other in all_runs if other.recipe == run.recipe]
    names = sorted(name for name in run.method if len({method.get(name) for method in alike}) > 1)
    return " ".join(f"{name}={run.method[name]}" for name in names)


def _baseline_of(group: Group, groups: Sequence[Group], baseline: str | None) -> Group | None:
    same_data = [other for other in groups if other.recipe == baseline and other.data == group.data]
    if len(same_data) > 1:
        names = "; ".join(other.name for other in same_data)
        raise UsageError(f"The baseline '{baseline}' was run in several ways: {names}. Name runs of one of them.")
    return same_data[0] if same_data else None


def _against(group: Group, baseline: Group | None) -> Group:
    if baseline is None or baseline is group or not {"accuracy"} <= {*group.spreads} & {*baseline.spreads}:
        return group
    gain = group.spreads["accuracy"].mean - baseline.spreads["accuracy"].mean
    error = 1 - baseline.spreads["accuracy"].mean
    fields = {**vars(group), "gain": gain, "error_cut": gain / error if error else None}
    return Group(**fields)
