"""Prints the peak resident memory, in 10^6 bytes, of a process that runs a few steps of one candidate.

python tests/benchmarks/memory.py trainer --size 32 --batch 64
python tests/benchmarks/memory.py "by hand" --size 32 --batch 64
"""

import argparse
import subprocess
import sys

import torch
from candidates import CANDIDATES, Case

from zoo_core.training.benchmark import measure_peak_memory


def main() -> None:
    """Runs the steps in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candidate", choices=CANDIDATES)
    parser.add_argument("--size", type=int, required=True, help="height and width of the images in pixels")
    parser.add_argument("--batch", type=int, required=True, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage of both networks")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="number of torch's threads")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    run_step = CANDIDATES[args.candidate](Case(args.size, args.batch, args.width))
    for step in range(args.steps):
        run_step(step)
    memory, _ = measure_peak_memory(torch.device("cpu"))
    print(f"{(memory or 0) / 1e6:.1f}")


def measure_peak_mb(candidate: str, case: Case) -> float:
    """Measures a candidate in a separate process, which uses as many threads as this one; returns 10^6 bytes."""
    sizes = ("--size", case.size, "--batch", case.batch, "--width", case.width, "--threads", torch.get_num_threads())
    command = [sys.executable, __file__, candidate, *map(str, sizes)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    main()
