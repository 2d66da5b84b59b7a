"""Pictures inside the page, and which of them there is room for."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST = 40  # grids behind the slider
ROOM = 16 * 2**20  # bytes of all grids together


@dataclass(frozen=True)
class Grid:
    """One sample grid, after so many steps; `url` holds the picture itself."""

    step: int
    url: str


def data_url(path: Path) -> str:
    """A PNG file as an address that holds it."""
    return "data:image/png;base64," + b64encode(path.read_bytes()).decode()


def grids(samples: Mapping[int, Path]) -> list[Grid]:
    """Sample grids by step; of many, as many as there is room for, with the first and the last among them."""
    largest = max((path.stat().st_size for path in samples.values()), default=0)
    room = ROOM // max(largest, 1)
    return [Grid(step, data_url(samples[step])) for step in evenly(sorted(samples), min(MOST, max(2, room)))]


def evenly(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of some steps, evenly chosen, the first and the last among them; `most` is at least 2."""
    if len(steps) <= most:
        return list(steps)
    return [steps[round(number * (len(steps) - 1) / (most - 1))] for number in range(most)]
