"""Prints how the trainer's step compares with the listing's, with one by hand, and with its convolutions alone.

python tests/benchmarks/compare.py --size 32 --batch 64 --rounds 7
"""

import argparse
from dataclasses import dataclass

import torch
from contenders import Case, contenders, trainer
from memory import peak_mb
from timing import Race, markdown

from zoo_core.training.benchmark import time_steps

DATA_STEPS = 3  # by which waiting for data is measured


@dataclass(frozen=True)
class Comparison:
    """What one run found.

    Attributes:
        case: The sizes.
        race: All contenders, after their rounds.
        memory: Peak memory of the trainer's process by that of the one by hand.
        data_wait: Share of the trainer's time that is spent waiting for batches.
    """

    case: Case
    race: Race
    memory: float
    data_wait: float

    @staticmethod
    def of(case: Case, race: Race) -> "Comparison":
        """Adds memory and waiting to a race that was run."""
        memory = peak_mb("trainer", case) / peak_mb("by hand", case)
        return Comparison(case, race, memory, time_steps(trainer(case), DATA_STEPS, 1).data_wait)

    @property
    def ratios(self) -> dict[str, float]:
        """What docs/performance.md asks something of, by name."""
        return {
            "listing / trainer, time": self.race.ratio("listing", "trainer"),
            "trainer / by hand, time": self.race.ratio("trainer", "by hand"),
            "trainer / convolutions, time": self.race.ratio("trainer", "convolutions"),
            "trainer / by hand, peak memory": self.memory,
            "waiting for data / step": self.data_wait,
        }

    def __str__(self) -> str:
        rounds = self.race.rounds - self.race.warm_up
        title = f"{self.case}, {torch.get_num_threads()} threads, median of {rounds} by turns"
        steps = [(name, *map("{:,.1f}".format, self._in_order(name))) for name in self.race.contenders]
        ratios = [(name, f"{ratio:.3f}") for name, ratio in self.ratios.items()]
        times = markdown(("step of", "ms", "lower quartile", "upper quartile"), steps)
        return "\n\n".join([title, times, markdown(("ratio", ""), ratios)])  # type: ignore[arg-type]

    def _in_order(self, name: str) -> tuple[float, float, float]:
        low, median, high = self.race.quartiles_ms(name)
        return median, low, high


def main() -> None:
    """Runs one comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32, help="of the images, in pixels")
    parser.add_argument("--batch", type=int, default=64, help="images in a step")
    parser.add_argument("--width", type=int, default=64, help="channels of both networks' first stage")
    parser.add_argument("--rounds", type=int, default=7, help="steps of each that count")
    parser.add_argument("--threads", type=int, help="of torch; as torch has it where not given")
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    case = Case(asked.size, asked.batch, asked.width)
    print(Comparison.of(case, Race(contenders(case)).run(asked.rounds)))


if __name__ == "__main__":
    main()
