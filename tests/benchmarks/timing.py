"""Times several ways of doing the same within one run, by turns, so that whatever disturbs one disturbs all."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

from zoo_core.training.benchmark import compute_quartiles

Step = Callable[[int], object]


class Race:
    """Contenders that take one step each, A B C A B C, with the clock read around every one.

    Args:
        contenders: By name, what plays the step with a number.
        warm_up: Rounds that are not counted.
    """

    def __init__(self, contenders: Mapping[str, Step], warm_up: int = 2) -> None:
        self.contenders = contenders
        self.warm_up = warm_up
        self.rounds = 0
        self._seconds: dict[str, list[float]] = {name: [] for name in contenders}

    def round(self) -> None:
        """Lets each take one step."""
        for name, step in self.contenders.items():
            began = perf_counter()
            step(self.rounds)
            self._seconds[name].append(perf_counter() - began)
        self.rounds += 1

    def run(self, rounds: int) -> "Race":
        """Warms up, and plays the rounds that count."""
        for _ in range(self.warm_up + rounds):
            self.round()
        return self

    def seconds(self, name: str) -> list[float]:
        """What each of a contender's steps took, without the warm-up."""
        return self._seconds[name][self.warm_up :]

    def quartiles_ms(self, name: str) -> list[float]:
        """Lower quartile, median and upper quartile of a contender's steps in milliseconds."""
        return [1e3 * value for value in compute_quartiles(self.seconds(name))]

    def ratio(self, one: str, other: str) -> float:
        """How many times as long as the other one takes: by the medians of both."""
        return median(self.seconds(one)) / median(self.seconds(other))


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table as documents hold it."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
