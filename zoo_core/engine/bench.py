"""How fast a trainer's steps are, what memory they take, and how long they wait for images."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from zoo_core.contract.batch import Batch
from zoo_core.engine.ranks import Ranks
from zoo_core.engine.trainer import Trainer

STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Timing:
    """What some steps took, one number for each.

    Attributes:
        seconds: From asking for the batch until both networks have learnt.
        waited: Seconds of these until the batch was on the device as floats.
        averaged: Seconds of these in which gradients were averaged over processes, waiting for the slowest included.
    """

    seconds: list[float]
    waited: list[float]
    averaged: list[float]

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of a step's seconds."""
        low, median, high = quartiles(self.seconds)
        return low, median, high

    @property
    def data_wait(self) -> float:
        """Share of all the time that is spent waiting for batches, in [0, 1]."""
        return sum(self.waited) / sum(self.seconds)

    @property
    def averaging(self) -> float:
        """Share of all the time that is spent averaging gradients over processes, in [0, 1]."""
        return sum(self.averaged) / sum(self.seconds)

    def without(self, warm_up: int) -> "Timing":
        """All but the first steps."""
        return Timing(self.seconds[warm_up:], self.waited[warm_up:], self.averaged[warm_up:])


@dataclass(frozen=True)
class TimedRanks(Ranks):
    """Processes that tell how long their averaging takes.

    Attributes:
        tell: Is told the seconds.
        clock: Gives the time in seconds.
    """

    tell: Callable[[float], None]
    clock: Callable[[], float]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Averages, and tells how long it took."""
        if self.several:
            began = self.clock()
            super().average(tensors)
            self.tell(self.clock() - began)


class TimedSteps:
    """Plays a trainer's steps, with its own batches, and reads the clock; nothing is written.

    On an accelerator every reading waits until the device has done what it was told.

    Args:
        trainer: Whose game is played; its networks learn.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.timing = Timing([], [], [])
        trainer.game.ranks = TimedRanks(trainer.game.ranks.place, self._spent_averaging, self._clock)

    def play(self, step: int) -> None:
        """Plays and times one step."""
        self.timing.waited.append(0.0)
        self.timing.averaged.append(0.0)
        began = self._clock()
        self.trainer.game.play(step, self._batch)
        self.timing.seconds.append(self._clock() - began)

    def _batch(self, number: int) -> Batch:
        asked = self._clock()
        batch = self.trainer.batch(number)
        self.timing.waited[-1] += self._clock() - asked
        return batch

    def _spent_averaging(self, seconds: float) -> None:
        self.timing.averaged[-1] += seconds

    def _clock(self) -> float:
        if self.trainer.runtime.device.type != "cpu":
            torch.accelerator.synchronize()
        return perf_counter()


def timed(trainer: Trainer, steps: int, warm_up: int) -> Timing:
    """Times steps of a trainer, from its first on.

    Args:
        trainer: Whose game is played; its networks learn.
        steps: How many are timed.
        warm_up: How many are played before.
    """
    runner = TimedSteps(trainer)
    for step in range(warm_up + steps):
        runner.play(step)
    return runner.timing.without(warm_up)


def quartiles(values: list[float]) -> list[float]:
    """Lower quartile, median and upper quartile."""
    return torch.tensor(values, dtype=torch.float64).quantile(torch.tensor([0.25, 0.5, 0.75]).double()).tolist()


def peak_memory(device: torch.device) -> tuple[int | None, str]:
    """The most memory that was in use so far, in bytes, and whose it is; None where the system keeps no count.

    On CUDA it is what torch had allocated on the device, elsewhere the resident memory of the process.
    """
    if device.type == "cuda":
        return torch.accelerator.max_memory_allocated(), "allocated by torch on the device"
    return _peak_resident(), "resident memory of the process"


def _peak_resident() -> int | None:
    """Linux's count of this program alone (VmHWM); getrusage's holds what the parent process had before, too."""
    if STATUS.exists():
        (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    return getrusage(RUSAGE_SELF).ru_maxrss
