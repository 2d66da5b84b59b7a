"""Runs the experiments of experiments.toml that have no record yet, and writes their results to records/.

    python docs/results/measure.py --data DIR [--scratch DIR] [--seeds 0 1 2] [--only TEXT]

DIR contains the folders FashionMNIST/, as torchvision stores it, and cifar10-jpg/, with train/ and test/. Experiments
run one after the other; their runs, with checkpoints, are written to the scratch folder.
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

FOLDER = Path(__file__).parent
METRICS = ("accuracy", "accuracy_interval", "balanced_accuracy", "hole_psnr", "hole_ssim", "hole_l1", "hole_by_size")


def main() -> None:
    """Runs the missing experiments seed by seed, so that a first comparison is available early."""
    args = parse_arguments()
    plan = tomllib.loads((FOLDER / "experiments.toml").read_text())
    for seed in args.seeds:
        for experiment in plan["experiments"]:
            record_file = find_record_file(experiment["data"], experiment["name"], seed)
            if args.only in record_file.stem and not record_file.exists():
                data_options = plan["data"][experiment["data"]]["options"]
                command = [*experiment["command"], *data_options, "--seed", str(seed)]
                record = run_experiment(command, args.data, args.scratch / record_file.stem)
                record_file.write_text(json.dumps({**experiment, **record, "seed": seed}, indent=1) + "\n")


def parse_arguments() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, default=Path("runs/results"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", default="", help="run only experiments whose record has this text in its file name")
    return parser.parse_args()


def find_record_file(data: str, name: str, seed: int) -> Path:
    """Path of the record of an experiment."""
    return FOLDER / "records" / f"{data}-{re.sub(r'[^a-z0-9]+', '-', name.lower())}-seed-{seed}.json"


def run_experiment(command: Sequence[str], data: Path, run_dir: Path) -> dict[str, Any]:
    """Trains, evaluates EMA and raw weights on the test images, and records what is needed to repeat the run."""
    run_zoo("train", *(part.replace("DIR", str(data)) for part in command), "--run-dir", str(run_dir), "--json")
    run, summary = (json.loads((run_dir / name).read_text()) for name in ("run.json", "summary.json"))
    weights = ("ema", "raw") if run["settings"]["train"]["ema_decay"] else ("raw",)
    return {
        "command": " ".join(["zoo", "train", *command]),
        "seconds": summary["seconds"],
        "steps": summary["steps"],
        "device": run["device"],
        "machine": run["machine"],
        "versions": run["versions"],
        "commit": run_git("rev-parse", "--short", "HEAD")
        + ("+" if run_git("status", "--porcelain", "--", "*.py") else ""),
        "test": {kind: evaluate(run_dir, kind) for kind in weights},
    }


def evaluate(run_dir: Path, weights: str) -> dict[str, Any]:
    """Evaluates EMA or raw weights on the test images."""
    result = json.loads(run_zoo("evaluate", str(run_dir), "--weights", weights, "--json"))
    return {name: result[name] for name in METRICS if result.get(name) is not None}


def run_zoo(*arguments: str) -> str:
    """Runs the program with visible progress; returns its output."""
    command = [sys.executable, "-m", "zoo_core", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def run_git(*arguments: str) -> str:
    """Runs git in this repository; returns its output."""
    command = ["git", "-C", str(FOLDER), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
