"""Prints what the trainer's step takes with one thread, two, and so on.

python tests/benchmarks/threads.py --size 32 --batch 64 --rounds 7
"""

import argparse
import os

import torch
from contenders import Case, trainer_step
from timing import Race, Step, markdown


def with_threads(step: Step, count: int) -> Step:
    """A step with so many of torch's threads."""

    def run(number: int) -> None:
        torch.set_num_threads(count)
        step(number)

    return run


def main() -> None:
    """Times them by turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32, help="of the images, in pixels")
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of both networks' first stage")
    parser.add_argument("--rounds", type=int, default=7, help="steps with each number that count")
    parser.add_argument("--most", type=int, default=os.cpu_count(), help="threads; as many as there are cores")
    asked = parser.parse_args()
    case = Case(asked.size, asked.batch, asked.width)
    step = trainer_step(case)
    race = Race({str(count): with_threads(step, count) for count in range(1, asked.most + 1)}).run(asked.rounds)
    print(f"{case}, median of {asked.rounds} by turns\n")
    print(markdown(("threads", "ms", "times as fast as one"), [row(race, name) for name in race.contenders]))


def row(race: Race, name: str) -> tuple[str, str, str]:
    """One number of threads: its step, and what it gains."""
    return name, f"{race.quartiles_ms(name)[1]:,.1f}", f"{race.ratio('1', name):.2f}"


if __name__ == "__main__":
    main()
