"""Writes docs/results.md: the text of results.md.in, with tables of the records.

python docs/results/write.py
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.report.comparison import Spread

HERE = Path(__file__).parent
BASELINE = "labels-only"
Record = Mapping[str, Any]


def main() -> None:
    """Writes the page into docs/."""
    (HERE.parent / "results.md").write_text(render_page(), encoding="utf-8")


def render_page() -> str:
    """The complete page."""
    plan = tomllib.loads((HERE / "experiments.toml").read_text())
    text = (HERE / "results.md.in").read_text(encoding="utf-8")
    for kind, summarize in (("gains", summarize_gains), ("runs", list_runs)):
        for data in plan["data"]:
            text = text.replace(f"<!-- {kind}: {data} -->", render_table(summarize(read_records(data, plan))))
    return text.replace("<!-- classic -->", render_table(list_classic_methods()))


def read_records(data: str, plan: Mapping[str, Any]) -> list[Record]:
    """The records of one dataset, in the order of the plan, then by seed."""
    order = [experiment["name"] for experiment in plan["experiments"] if experiment["data"] == data]
    found = [json.loads(path.read_text()) for path in (HERE / "records").glob(f"{data}-*-seed-*.json")]
    return sorted(found, key=lambda record: (order.index(record["name"]), record["seed"]))


def render_table(rows: Iterator[Sequence[str]]) -> str:
    """Rows as a Markdown table with the first row as header; a sentence if there are no other rows."""
    head, *body = rows
    if not body:
        return "Not measured yet."
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def summarize_gains(found: Sequence[Record]) -> Iterator[Sequence[str]]:
    """Mean and deviation of each experiment, against the baseline."""
    yield (
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
    baselines = {record.get("baseline", BASELINE) for record in found}
    for name in dict.fromkeys(record["name"] for record in found):
        members = [record for record in found if record["name"] == name]
        spread = Spread.from_values([accuracy(record) for record in members])
        compared_to = members[0].get("baseline", BASELINE)
        baseline = [accuracy(record) for record in found if record["name"] == compared_to]
        gain = spread.mean - Spread.from_values(baseline).mean if baseline and name not in baselines else None
        results = [evaluated_weights(record) for record in members]
        psnr = [result["hole_psnr"] for result in results if "hole_psnr" in result]
        yield (
            name,
            ", ".join(str(record["seed"]) for record in members),
            str(members[0]["steps"]),
            format_spread(spread, 100),
            format_spread(Spread.from_values([record["test"]["raw"]["accuracy"] for record in members]), 100),
            "" if gain is None else f"{100 * gain:+.1f}",
            "" if gain is None else f"{100 * gain / (1 - Spread.from_values(baseline).mean):.0f} %",
            format_spread(Spread.from_values(psnr), 1) if psnr else "",
            format_spread(Spread.from_values([record["seconds"] / 60 for record in members]), 1),
        )


def list_runs(found: Sequence[Record]) -> Iterator[Sequence[str]]:
    """Every run with its command."""
    yield "command", "accuracy (95 % interval), %", "hole PSNR, dB", "minutes", "machine", "torch", "commit"
    for record in found:
        low, high = (100 * end for end in evaluated_weights(record)["accuracy_interval"])
        machine = record["machine"]
        yield (
            f"`{record['command']}`",
            f"{100 * accuracy(record):.2f} ({low:.1f} to {high:.1f})",
            f"{evaluated_weights(record)['hole_psnr']:.2f}" if "hole_psnr" in evaluated_weights(record) else "",
            f"{record['seconds'] / 60:.1f}",
            f"{record['device']}, {machine['processor']}, {machine['threads']} of {machine['cpus']} cores",
            record["versions"]["torch"],
            record["commit"],
        )


def list_classic_methods() -> Iterator[Sequence[str]]:
    """In-painting without learning on every dataset."""
    yield "data", "method", "hole PSNR, dB", "hole SSIM", "hole L1", "test images"
    for path in sorted((HERE / "records").glob("classic-*.json")):
        for method, result in json.loads(path.read_text()).items():
            measures = [
                f"{result[name]:.{digits}f}" for name, digits in (("hole_psnr", 2), ("hole_ssim", 3), ("hole_l1", 3))
            ]
            yield path.stem.removeprefix("classic-"), method, *measures, f"{result['images']:,}"


def evaluated_weights(record: Record) -> Mapping[str, Any]:
    """The metrics of the EMA weights, or of the raw ones if the run has no EMA."""
    measures: Mapping[str, Any] = record["test"].get("ema") or record["test"]["raw"]
    return measures


def accuracy(record: Record) -> float:
    """Test accuracy by those weights."""
    return float(evaluated_weights(record)["accuracy"])


def format_spread(spread: Spread, factor: float) -> str:
    """A mean and its deviation."""
    deviation = "" if spread.deviation is None else f" ± {factor * spread.deviation:.1f}"
    return f"{factor * spread.mean:.1f}{deviation}"


if __name__ == "__main__":
    main()
