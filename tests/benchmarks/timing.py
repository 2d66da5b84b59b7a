"""Times several functions in turns within one process, so that a disturbance affects all of them alike."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

from zoo_core.training.benchmark import compute_quartiles

Step = Callable[[int], object]


class InterleavedTimer:
    """Times candidates that run one step each in turns: A B C A B C.

    Args:
        candidates: By name, functions that run the step with a given number.
        warm_up: Number of rounds that are not counted.
    """

    def __init__(self, candidates: Mapping[str, Step], warm_up: int = 2) -> None:
        self.candidates = candidates
        self.warm_up = warm_up
        self.rounds = 0
        self._seconds: dict[str, list[float]] = {name: [] for name in candidates}

    def run_round(self) -> None:
        """Runs and times one step of each candidate."""
        for name, step in self.candidates.items():
            started = perf_counter()
            step(self.rounds)
            self._seconds[name].append(perf_counter() - started)
        self.rounds += 1

    def run(self, rounds: int) -> "InterleavedTimer":
        """Runs the warm-up and then the given number of rounds."""
        for _ in range(self.warm_up + rounds):
            self.run_round()
        return self

    def get_seconds(self, name: str) -> list[float]:
        """Returns the times of a candidate's steps in seconds, without the warm-up."""
        return self._seconds[name][self.warm_up :]

    def compute_quartiles_ms(self, name: str) -> list[float]:
        """Lower quartile, median and upper quartile of a candidate's times in milliseconds."""
        return [1e3 * value for value in compute_quartiles(self.get_seconds(name))]

    def compute_ratio(self, numerator: str, denominator: str) -> float:
        """Median time of one candidate divided by that of another."""
        return median(self.get_seconds(numerator)) / median(self.get_seconds(denominator))


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Formats a Markdown table."""
    return "\n".join(map(format_row, [header, ["---"] * len(header), *rows]))


def format_row(cells: Sequence[str]) -> str:
    """Formats a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
