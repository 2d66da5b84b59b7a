"""Runs the experiments of experiments.toml that have not been run, and keeps what came of them in records/.

    python docs/results/measure.py --data DIR [--scratch DIR] [--seeds 0 1 2] [--only TEXT]

DIR holds FashionMNIST/ as torchvision lays it out, and cifar10-jpg/ with train/ and test/. One experiment runs at a
time; trainings and their checkpoints go to the scratch folder.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KEPT = ("accuracy", "accuracy_interval", "balanced_accuracy", "hole_psnr", "hole_ssim", "hole_l1", "hole_by_size")


def main() -> None:
    """Runs what is missing, seed by seed, so that a first comparison is there early."""
    options = parsed()
    plan = tomllib.loads((HERE / "experiments.toml").read_text())
    for seed in options.seeds:
        for experiment in plan["experiments"]:
            target = record_file(experiment["data"], experiment["name"], seed)
            if options.only in target.stem and not target.exists():
                where = plan["data"][experiment["data"]]["options"]
                run = options.scratch / target.stem
                record = measured([*experiment["command"], *where, "--seed", str(seed)], options.data, run)
                target.write_text(json.dumps({**experiment, **record, "seed": seed}, indent=1) + "\n")


def parsed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("runs/results"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", default="", help="only experiments whose file name in records/ has this in it")
    return parser.parse_args()


def record_file(data: str, name: str, seed: int) -> Path:
    """Where an experiment's outcome is kept."""
    return HERE / "records" / f"{data}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}-seed-{seed}.json"


def measured(command: Sequence[str], data: Path, run: Path) -> dict[str, Any]:
    """Trains, evaluates both kinds of weights on the test images, and gathers what a reader needs to repeat it."""
    zoo("train", *(part.replace("DIR", str(data)) for part in command), "--run-dir", str(run), "--json")
    described, summary = (json.loads((run / name).read_text()) for name in ("run.json", "summary.json"))
    averaged = bool(described["settings"]["train"]["ema_decay"])
    results = {kind: evaluated(run, kind) for kind in ("ema", "raw") if averaged or kind == "raw"}
    return {
        "command": " ".join(["zoo", "train", *command]),
        "seconds": summary["seconds"],
        "steps": summary["steps"],
        "device": described["device"],
        "machine": described["machine"],
        "versions": described["versions"],
        "commit": git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--", "*.py") else ""),
        "test": results,
    }


def evaluated(run: Path, weights: str) -> dict[str, Any]:
    """The measures of one kind of weights on the test images."""
    result = json.loads(zoo("evaluate", str(run), "--weights", weights, "--json"))
    return {name: result[name] for name in KEPT if result.get(name) is not None}


def zoo(*arguments: str) -> str:
    """Runs the program, its progress shown; returns what it printed."""
    command = [sys.executable, "-m", "zoo_core", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def git(*arguments: str) -> str:
    """What git says of this repository."""
    return subprocess.run(["git", "-C", HERE, *arguments], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
