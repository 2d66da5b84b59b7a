"""Prints the peak of resident memory, in 10^6 bytes, of a process that plays a few steps of one contender.

python tests/benchmarks/memory.py trainer --size 32 --batch 64
python tests/benchmarks/memory.py "by hand" --size 32 --batch 64
"""

import argparse
import subprocess
import sys

import torch
from contenders import CONTENDERS, Case

from zoo_core.training.benchmark import measure_peak_memory


def main() -> None:
    """Plays the steps in this process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--size", type=int, required=True, help="of the images, in pixels")
    parser.add_argument("--batch", type=int, required=True, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of both networks' first stage")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of torch")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    step = CONTENDERS[asked.contender](Case(asked.size, asked.batch, asked.width))
    for number in range(asked.steps):
        step(number)
    memory, _ = measure_peak_memory(torch.device("cpu"))
    print(f"{(memory or 0) / 1e6:.1f}")


def peak_mb(contender: str, case: Case) -> float:
    """The peak of a process of its own, with as many threads as this one, in 10^6 bytes."""
    sizes = ("--size", case.size, "--batch", case.batch, "--width", case.width, "--threads", torch.get_num_threads())
    command = [sys.executable, __file__, contender, *map(str, sizes)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    main()
