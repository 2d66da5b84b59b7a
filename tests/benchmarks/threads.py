"""Times the trainer's step with one thread, two threads, and so on.

python tests/benchmarks/threads.py --size 32 --batch 64 --rounds 7
"""

import argparse
import os

import torch
from candidates import Case, prepare_trainer
from timing import InterleavedTimer, Step, format_table


def limit_threads(run_step: Step, count: int) -> Step:
    """Returns a step that runs with the given number of torch's threads."""

    def run(step: int) -> None:
        torch.set_num_threads(count)
        run_step(step)

    return run


def main() -> None:
    """Times all numbers of threads in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32, help="height and width of the images in pixels")
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage of both networks")
    parser.add_argument("--rounds", type=int, default=7, help="number of timed steps for each number of threads")
    parser.add_argument(
        "--most", type=int, default=os.cpu_count(), help="largest number of threads; all cores if not given"
    )
    args = parser.parse_args()
    case = Case(args.size, args.batch, args.width)
    step = prepare_trainer(case)
    steps = {str(count): limit_threads(step, count) for count in range(1, args.most + 1)}
    timer = InterleavedTimer(steps).run(args.rounds)
    rows = [
        (count, f"{timer.compute_quartiles_ms(count)[1]:,.1f}", f"{timer.compute_ratio('1', count):.2f}")
        for count in steps
    ]
    print(f"{case}, median of {args.rounds} steps in turns\n")
    print(format_table(("threads", "ms", "speed-up"), rows))


if __name__ == "__main__":
    main()
