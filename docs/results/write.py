"""Writes docs/results.md: the prose of results.md.in, with tables made of what lies in records/.

python docs/results/write.py
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.report.comparison import Spread

HERE = Path(__file__).parent
BASELINE = "labels-only"
Record = Mapping[str, Any]


def main() -> None:
    """Writes the page beside the folder."""
    (HERE.parent / "results.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    plan = tomllib.loads((HERE / "experiments.toml").read_text())
    text = (HERE / "results.md.in").read_text(encoding="utf-8")
    filled = re.sub(r"<!-- gains: (\S+) -->", lambda found: table(gains(records(found[1], plan))), text)
    filled = re.sub(r"<!-- runs: (\S+) -->", lambda found: table(runs(records(found[1], plan))), filled)
    return re.sub(r"<!-- classic -->", lambda found: table(classic()), filled)


def records(data: str, plan: Mapping[str, Any]) -> list[Record]:
    """What is in records/ on one data set, in the order of the plan, then by seed."""
    order = [experiment["name"] for experiment in plan["experiments"] if experiment["data"] == data]
    found = [json.loads(path.read_text()) for path in (HERE / "records").glob(f"{data}-*-seed-*.json")]
    return sorted(found, key=lambda record: (order.index(record["name"]), record["seed"]))


def table(rows: Iterator[Sequence[str]]) -> str:
    """Rows as a Markdown table, the first as its head; a sentence where there are no rows but that."""
    head, *body = rows
    if not body:
        return "Not measured yet."
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def gains(found: Sequence[Record]) -> Iterator[Sequence[str]]:
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
        spread = Spread.of([accuracy(record) for record in members])
        compared_to = members[0].get("baseline", BASELINE)
        baseline = [accuracy(record) for record in found if record["name"] == compared_to]
        gain = spread.mean - Spread.of(baseline).mean if baseline and name not in baselines else None
        masks = [best(record)["hole_psnr"] for record in members if "hole_psnr" in best(record)]
        yield (
            name,
            ", ".join(str(record["seed"]) for record in members),
            str(members[0]["steps"]),
            words(spread, 100),
            words(Spread.of([record["test"]["raw"]["accuracy"] for record in members]), 100),
            "" if gain is None else f"{100 * gain:+.1f}",
            "" if gain is None else f"{100 * gain / (1 - Spread.of(baseline).mean):.0f} %",
            words(Spread.of(masks), 1) if masks else "",
            words(Spread.of([record["seconds"] / 60 for record in members]), 1),
        )


def runs(found: Sequence[Record]) -> Iterator[Sequence[str]]:
    """Every single run with its command."""
    yield "command", "accuracy (95 % interval), %", "hole PSNR, dB", "minutes", "machine", "torch", "commit"
    for record in found:
        low, high = (100 * end for end in best(record)["accuracy_interval"])
        machine = record["machine"]
        yield (
            f"`{record['command']}`",
            f"{100 * accuracy(record):.2f} ({low:.1f} to {high:.1f})",
            f"{best(record)['hole_psnr']:.2f}" if "hole_psnr" in best(record) else "",
            f"{record['seconds'] / 60:.1f}",
            f"{record['device']}, {machine['processor']}, {machine['threads']} of {machine['cpus']} cores",
            record["versions"]["torch"],
            record["commit"],
        )


def classic() -> Iterator[Sequence[str]]:
    """In-painting without learning on every data set."""
    yield "data", "method", "hole PSNR, dB", "hole SSIM", "hole L1", "test images"
    for path in sorted((HERE / "records").glob("classic-*.json")):
        for method, result in json.loads(path.read_text()).items():
            measures = [
                f"{result[name]:.{digits}f}" for name, digits in (("hole_psnr", 2), ("hole_ssim", 3), ("hole_l1", 3))
            ]
            yield path.stem.removeprefix("classic-"), method, *measures, f"{result['images']:,}"


def best(record: Record) -> Mapping[str, Any]:
    """The measures of the averaged weights, or of the raw ones where no average was kept."""
    measures: Mapping[str, Any] = record["test"].get("ema") or record["test"]["raw"]
    return measures


def accuracy(record: Record) -> float:
    """Test accuracy by those weights."""
    return float(best(record)["accuracy"])


def words(spread: Spread, factor: float) -> str:
    """A mean and its deviation."""
    deviation = "" if spread.deviation is None else f" ± {factor * spread.deviation:.1f}"
    return f"{factor * spread.mean:.1f}{deviation}"


if __name__ == "__main__":
    main()
