"""How fast a trainer's steps are, what memory they take, and how long they wait for images."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.trainer import Trainer

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
    def compute_quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of a step's seconds."""
        low, median, high = compute_quartiles(self.seconds)
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
class TimedProcessGroup(ProcessGroup):
    """Processes that tell how long their averaging takes.

    Attributes:
        tell: Is told the seconds.
        clock: Gives the time in seconds.
    """

    tell: Callable[[float], None]
    clock: Callable[[], float]

    def all_reduce_mean(self, tensors: Sequence[Tensor]) -> None:
        """Averages, and tells how long it took."""
        if self.is_distributed:
            began = self.clock()
            super().all_reduce_mean(tensors)
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
        trainer.training_step.process_group = TimedProcessGroup(
            trainer.training_step.process_group.rank_info, self._spent_averaging, self._clock
        )

    def train(self, step: int) -> None:
        """Trains and times one step."""
        self.timing.averaged.append(0.0)
        started = self._clock()
        batches = self.trainer.load_batches(step)
        self.timing.waited.append(self._clock() - started)
        self.trainer.training_step.train(step, batches)
        self.timing.seconds.append(self._clock() - started)

    def _spent_averaging(self, seconds: float) -> None:
        self.timing.averaged[-1] += seconds

    def _clock(self) -> float:
        if self.trainer.runtime.device.type != "cpu":
            torch.accelerator.synchronize()
        return perf_counter()


def time_steps(trainer: Trainer, steps: int, warm_up: int) -> Timing:
    """Times steps of a trainer, from its first on.

    Args:
        trainer: Whose game is played; its networks learn.
        steps: How many are timed.
        warm_up: How many are played before.
    """
    runner = TimedSteps(trainer)
    for step in range(warm_up + steps):
        runner.train(step)
    return runner.timing.without(warm_up)


def compute_quartiles(values: list[float]) -> list[float]:
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


@dataclass(frozen=True)
class Speed:
    """How fast a trainer's steps are, and under which circumstances.

    Attributes:
        images_per_second: Images of a batch by the median step's seconds.
        step_ms: Median of the steps, in milliseconds.
        step_ms_quartiles: Between these lies the middle half of the steps.
        data_wait: Share of the time that is spent waiting for batches, in [0, 1].
        peak_memory_mb: The most memory in use, in 10^6 bytes; None where the system keeps no count.
        peak_memory_of: Whose memory that is.
        device: Where it was computed.
        precision: "fp32" or "bf16".
        threads: Of torch, on the CPU.
        batch_size: Images in a step.
        image_size: Height and width in pixels.
        steps: How many steps were timed.
        processes: How many train together; times and memory are those of the first.
        averaging: Share of the time that is spent averaging gradients over processes, in [0, 1].
    """

    images_per_second: float
    step_ms: float
    step_ms_quartiles: tuple[float, float]
    data_wait: float
    peak_memory_mb: float | None
    peak_memory_of: str
    device: str
    precision: str
    threads: int
    batch_size: int
    image_size: int
    steps: int
    processes: int
    averaging: float

    @staticmethod
    def of(trainer: Trainer, steps: int, warm_up: int) -> "Speed":
        """Times a trainer's steps after some for warming up."""
        timing, runtime = time_steps(trainer, steps, warm_up), trainer.runtime
        low, median, high = timing.compute_quartiles
        memory, whose = peak_memory(runtime.device)
        return Speed(
            images_per_second=round(trainer.settings.batch_size / median, 1),
            step_ms=round(1e3 * median, 3),
            step_ms_quartiles=(round(1e3 * low, 3), round(1e3 * high, 3)),
            data_wait=round(timing.data_wait, 5),
            peak_memory_mb=None if memory is None else round(memory / 1e6, 1),
            peak_memory_of=whose,
            device=str(runtime.device),
            precision=runtime.precision,
            threads=torch.get_num_threads(),
            batch_size=trainer.settings.batch_size,
            image_size=trainer.data.images.image_size,
            steps=steps,
            processes=trainer.process_group.rank_info.world_size,
            averaging=round(timing.averaging, 5),
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @property
    def circumstances(self) -> str:
        """On what, and with what, in one line."""
        size = self.image_size
        together = f"{self.processes} processes, each with " if self.processes > 1 else ""
        computing = f"{together}{self.threads} threads"
        return f"{size}x{size}, batches of {self.batch_size}, {self.precision} on {self.device}, {computing}"

    def lines(self) -> Iterator[str]:
        """Yields one line for each measure."""
        low, high = self.step_ms_quartiles
        median = f"{self.step_ms:,.1f} ms, median of {self.steps}"
        memory = "not counted here" if self.peak_memory_mb is None else f"{self.peak_memory_mb:,.0f} MB"
        yield f"  {'images per second':<18} {self.images_per_second:,.1f}"
        yield f"  {'step':<18} {median}; the middle half {low:,.1f} to {high:,.1f}"
        yield f"  {'waiting for data':<18} {100 * self.data_wait:.2f} % of the time"
        if self.processes > 1:
            yield f"  {'averaging':<18} {100 * self.averaging:.2f} % of the time"
        yield f"  {'peak memory':<18} {memory}, {self.peak_memory_of}"
