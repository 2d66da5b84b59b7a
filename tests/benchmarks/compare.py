"""Compares the trainer's step with the published listing, a step by hand, and its convolutions alone.

python tests/benchmarks/compare.py --size 32 --batch 64 --rounds 7
"""

import argparse
from dataclasses import dataclass

import torch
from candidates import Case, build_trainer, prepare_candidates
from memory import measure_peak_mb
from timing import InterleavedTimer, format_table

from zoo_core.training.benchmark import time_steps

DATA_STEPS = 3  # in which the wait for data is measured


@dataclass(frozen=True)
class Comparison:
    """The results of a comparison.

    Attributes:
        case: The sizes.
        timer: The times of all candidates.
        memory: Peak memory of the trainer's process divided by that of the step by hand.
        data_wait: Fraction of the trainer's time that is spent waiting for batches.
    """

    case: Case
    timer: InterleavedTimer
    memory: float
    data_wait: float

    @staticmethod
    def from_timer(case: Case, timer: InterleavedTimer) -> "Comparison":
        """Measures memory and the wait for data, in addition to the times."""
        memory = measure_peak_mb("trainer", case) / measure_peak_mb("by hand", case)
        return Comparison(case, timer, memory, time_steps(build_trainer(case), DATA_STEPS, 1).data_wait)

    @property
    def ratios(self) -> dict[str, float]:
        """By name, the ratios for which docs/performance.md has a target."""
        return {
            "listing / trainer, time": self.timer.compute_ratio("listing", "trainer"),
            "trainer / by hand, time": self.timer.compute_ratio("trainer", "by hand"),
            "trainer / convolutions, time": self.timer.compute_ratio("trainer", "convolutions"),
            "trainer / by hand, peak memory": self.memory,
            "waiting for data / step": self.data_wait,
        }

    def __str__(self) -> str:
        rounds = self.timer.rounds - self.timer.warm_up
        title = f"{self.case}, {torch.get_num_threads()} threads, median of {rounds} steps in turns"
        times = [(name, *self._format_times(name)) for name in self.timer.candidates]
        ratios = [(name, f"{ratio:.3f}") for name, ratio in self.ratios.items()]
        table = format_table(("step of", "ms", "lower quartile", "upper quartile"), times)
        return "\n\n".join([title, table, format_table(("ratio", ""), ratios)])

    def _format_times(self, name: str) -> list[str]:
        low, median, high = self.timer.compute_quartiles_ms(name)
        return [f"{value:,.1f}" for value in (median, low, high)]


def main() -> None:
    """Runs one comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32, help="height and width of the images in pixels")
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage of both networks")
    parser.add_argument("--rounds", type=int, default=7, help="number of timed steps of each candidate")
    parser.add_argument("--threads", type=int, help="number of torch's threads; torch's default if not given")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    case = Case(args.size, args.batch, args.width)
    print(Comparison.from_timer(case, InterleavedTimer(prepare_candidates(case)).run(args.rounds)))


if __name__ == "__main__":
    main()
