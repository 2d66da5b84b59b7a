"""Statistics of runs over seeds, and their gains over a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from registry import UsageError, ZooError
from zoo_core.evaluation.metrics import METRICS
from zoo_core.training.run_directory import RunDirectory

DEFAULT_BASELINE = "labels-only"
NOT_PART_OF_METHOD = {"log_every", "evaluate_every", "checkpoint_every", "keep", "device", "seed"}


@dataclass(frozen=True)
class EvaluatedRun:
    """A run and its evaluation.

    Attributes:
        path: The run folder.
        recipe: The recipe of the run.
        data: The training data, such as "fashion-mnist, 100 labels, 32 px".
        method: All other settings that influence the result, except for the seed, as "loss.w_rec" and value.
        seed: The random seed.
        result: The result of `zoo evaluate`.
    """

    path: Path
    recipe: str
    data: str
    method: Mapping[str, str]
    seed: int
    result: Mapping[str, Any]


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
    """Runs that differ only in their seed.

    Attributes:
        name: The recipe, and the options that distinguish this group from others of the same recipe.
        data: The training data.
        recipe: The recipe.
        seeds: The seed of each run.
        steps: The different numbers of steps at which the runs were evaluated.
        spreads: The spread of each metric.
        gain: Difference to the mean accuracy of the baseline, as a fraction.
        error_cut: Relative reduction of the mean error of the baseline.
    """

    name: str
    data: str
    recipe: str
    seeds: tuple[int, ...]
    steps: tuple[int, ...]
    spreads: Mapping[str, Spread]
    gain: float | None = None
    error_cut: float | None = None


def read_evaluated_run(path: Path, split: str) -> EvaluatedRun:
    """Reads a run and its evaluation.

    Raises:
        ZooError: The path is not a run, or the run was not evaluated on this split.
    """
    directory = RunDirectory(path)
    directory.read_run()
    result = directory.read_evaluation(split)
    if result is None:
        raise ZooError(f"{path} was not evaluated on its {split} images. Run `zoo evaluate {path} --split {split}`.")
    return describe_run(path, result)


def describe_run(path: Path, result: Mapping[str, Any]) -> EvaluatedRun:
    """Reads the recipe, data and settings of a run whose evaluation is known.

    Raises:
        ZooError: The path is not a run, or one of its files is damaged.
    """
    directory = RunDirectory(path)
    run = directory.read_run()
    settings = run["settings"]
    labels = len(directory.read_split()["labelled"])
    data = f"{settings['data']['name'].rpartition(':')[2]}, {labels} labels, {settings['data']['image_size']} px"
    method = {
        f"{section}.{name}": str(value)
        for section in ("generator", "discriminator", "loss", "train")
        for name, value in settings[section].items()
        if name not in NOT_PART_OF_METHOD
    }
    return EvaluatedRun(path, run["recipe"], data, method, settings["train"]["seed"], result)


def compare_runs(runs: Sequence[EvaluatedRun], baseline: str | None = None) -> list[RunGroup]:
    """Groups runs by data and method, and compares each group with the baseline on the same data.

    Args:
        runs: Runs in any order.
        baseline: Recipe that gains are computed against; `DEFAULT_BASELINE` if None and one of the runs uses it.

    Raises:
        UsageError: A run is given twice, no run uses the baseline, or runs of the baseline differ in more than seeds.
    """
    _check_distinct(runs)
    recipes = {run.recipe for run in runs}
    if baseline is not None and baseline not in recipes:
        raise UsageError(
            f"None of these runs uses the recipe '{baseline}'. Add one, or choose another `--baseline`; available: "
            f"{', '.join(sorted(recipes))}."
        )
    groups = [_summarize_group(name, members) for name, members in group_runs(runs)]
    return [_add_gain(group, _find_baseline(group, groups, baseline or DEFAULT_BASELINE)) for group in groups]


def group_runs(runs: Sequence[EvaluatedRun]) -> list[tuple[str, list[EvaluatedRun]]]:
    """Groups runs that differ only in their seed, each named by its recipe and the options that distinguish it."""
    ordered = sorted(runs, key=lambda run: (run.data, run.recipe, sorted(run.method.items()), run.seed))
    groups = [list(members) for _, members in groupby(ordered, key=lambda run: (run.data, run.recipe, run.method))]
    return [(f"{members[0].recipe} {_list_differences(members[0], ordered)}".strip(), members) for members in groups]


def _check_distinct(runs: Sequence[EvaluatedRun]) -> None:
    paths = [run.path.resolve() for run in runs]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"{path} is named twice. Name each run once.")


def _list_differences(run: EvaluatedRun, all_runs: Sequence[EvaluatedRun]) -> str:
    """The options in which a run differs from others of the same recipe, on any data."""
    methods = [other.method for other in all_runs if other.recipe == run.recipe]
    names = sorted(name for name in run.method if len({method.get(name) for method in methods}) > 1)
    return " ".join(f"{name}={run.method[name]}" for name in names)


def _summarize_group(name: str, members: Sequence[EvaluatedRun]) -> RunGroup:
    metrics = [metric for metric in METRICS if all(run.result.get(metric) is not None for run in members)]
    return RunGroup(
        name=name,
        data=members[0].data,
        recipe=members[0].recipe,
        seeds=tuple(run.seed for run in members),
        steps=tuple(sorted({run.result["step"] for run in members})),
        spreads={metric: Spread.from_values([run.result[metric] for run in members]) for metric in metrics},
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
