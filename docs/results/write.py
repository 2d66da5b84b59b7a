"""Writes docs/results.md: the text of results.md.in with tables made from the records.

python docs/results/write.py
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.report.comparison import Spread

FOLDER = Path(__file__).parent
BASELINE = "labels-only"
GAINS_HEADER = (
    "experiment",
    "seeds",
    "steps",
    "accuracy, %",
    "raw weights, %",
    "gain",
    "error cut",
    "hole PSNR, dB",
    "minutes",
)
Record = Mapping[str, Any]


def main() -> None:
    """Writes the page into docs/."""
    (FOLDER.parent / "results.md").write_text(render_page(), encoding="utf-8")


def render_page() -> str:
    """Renders the complete page."""
    plan = tomllib.loads((FOLDER / "experiments.toml").read_text())
    text = (FOLDER / "results.md.in").read_text(encoding="utf-8")
    for kind, summarize in (("gains", summarize_gains), ("runs", list_runs)):
        for data in plan["data"]:
            text = text.replace(f"<!-- {kind}: {data} -->", render_table(summarize(read_records(data, plan))))
    return text.replace("<!-- classic -->", render_table(list_classic_methods()))


def read_records(data: str, plan: Mapping[str, Any]) -> list[Record]:
    """Reads the records of one dataset, in the order of the plan, then by seed."""
    order = [experiment["name"] for experiment in plan["experiments"] if experiment["data"] == data]
    records = [json.loads(path.read_text()) for path in (FOLDER / "records").glob(f"{data}-*-seed-*.json")]
    return sorted(records, key=lambda record: (order.index(record["name"]), record["seed"]))


def render_table(rows: Iterator[Sequence[str]]) -> str:
    """Renders rows, of which the first is the header, as a Markdown table; a sentence if there are no further rows."""
    head, *body = rows
    if not body:
        return "Not measured yet."
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def summarize_gains(records: Sequence[Record]) -> Iterator[Sequence[str]]:
    """Yields the means and standard deviations of each experiment, compared with the baseline."""
    yield GAINS_HEADER
    baselines = {record.get("baseline", BASELINE) for record in records}
    for name in dict.fromkeys(record["name"] for record in records):
        runs = [record for record in records if record["name"] == name]
        baseline = runs[0].get("baseline", BASELINE)
        yield (
            name,
            ", ".join(str(run["seed"]) for run in runs),
            str(runs[0]["steps"]),
            format_spread([100 * get_accuracy(run) for run in runs]),
            format_spread([100 * run["test"]["raw"]["accuracy"] for run in runs]),
            *format_gain(runs, [record for record in records if record["name"] == baseline and name not in baselines]),
            format_spread([get_metrics(run)["hole_psnr"] for run in runs if "hole_psnr" in get_metrics(run)]),
            format_spread([run["seconds"] / 60 for run in runs]),
        )


def format_gain(runs: Sequence[Record], baseline: Sequence[Record]) -> tuple[str, str]:
    """Formats the gain over a baseline, in percentage points, and the fraction of its errors that are avoided."""
    if not baseline:
        return "", ""
    accuracy, reference = (Spread.from_values([get_accuracy(run) for run in group]).mean for group in (runs, baseline))
    gain = accuracy - reference
    return f"{100 * gain:+.1f}", f"{100 * gain / (1 - reference):.0f} %"


def list_runs(records: Sequence[Record]) -> Iterator[Sequence[str]]:
    """Yields a row for each run, with its command."""
    yield "command", "accuracy (95 % interval), %", "hole PSNR, dB", "minutes", "machine", "torch", "commit"
    for record in records:
        metrics, machine = get_metrics(record), record["machine"]
        low, high = (100 * end for end in metrics["accuracy_interval"])
        yield (
            f"`{record['command']}`",
            f"{100 * get_accuracy(record):.2f} ({low:.1f} to {high:.1f})",
            f"{metrics['hole_psnr']:.2f}" if "hole_psnr" in metrics else "",
            f"{record['seconds'] / 60:.1f}",
            f"{record['device']}, {machine['processor']}, {machine['threads']} of {machine['cpus']} cores",
            record["versions"]["torch"],
            record["commit"],
        )


def list_classic_methods() -> Iterator[Sequence[str]]:
    """Yields a row for each method without learning and each dataset."""
    yield "data", "method", "hole PSNR, dB", "hole SSIM", "hole L1", "test images"
    for path in sorted((FOLDER / "records").glob("classic-*.json")):
        for method, result in json.loads(path.read_text()).items():
            metrics = [
                f"{result[name]:.{digits}f}" for name, digits in (("hole_psnr", 2), ("hole_ssim", 3), ("hole_l1", 3))
            ]
            yield path.stem.removeprefix("classic-"), method, *metrics, f"{result['images']:,}"


def get_metrics(record: Record) -> Mapping[str, Any]:
    """Returns the test metrics of the EMA weights, or of the raw ones if the run has no EMA."""
    metrics: Mapping[str, Any] = record["test"].get("ema") or record["test"]["raw"]
    return metrics


def get_accuracy(record: Record) -> float:
    """Returns the test accuracy of the same weights."""
    return float(get_metrics(record)["accuracy"])


def format_spread(values: Sequence[float]) -> str:
    """Formats the mean and standard deviation of values; an empty text if there are none."""
    if not values:
        return ""
    spread = Spread.from_values(values)
    return f"{spread.mean:.1f}" if spread.deviation is None else f"{spread.mean:.1f} ± {spread.deviation:.1f}"


if __name__ == "__main__":
    main()
