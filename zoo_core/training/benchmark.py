"""Times the training steps of a trainer, and measures the memory that they need."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from zoo_core.interfaces.batch import Batch
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.trainer import Trainer

PROCESS_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class BenchmarkResult:
    """The speed of a trainer's steps, and the conditions under which it was measured.

    Attributes:
        images_per_second: Batch size divided by the median time of a step.
        step_ms: Median time of a step, in milliseconds.
        step_ms_quartiles: Lower and upper quartile of the times, in milliseconds.
        data_wait: Fraction of the time that is spent waiting for batches.
        peak_memory_mb: Peak memory in 10^6 bytes; None if the system does not record it.
        peak_memory_of: What uses that memory.
        precision: "fp32" or "bf16".
        threads: Threads of torch on the CPU.
        image_size: Height and width in pixels.
        processes: Number of processes that train together; times and memory are those of the main process.
        averaging: Fraction of the time that is spent averaging gradients over processes.
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


def run_benchmark(trainer: Trainer, steps: int, warm_up: int) -> BenchmarkResult:
    """Times a trainer's first steps, after some for warming up; writes nothing."""
    timing, runtime = time_steps(trainer, steps, warm_up), trainer.runtime
    low, median, high = compute_quartiles(timing.step_seconds)
    memory, owner = measure_peak_memory(runtime.device)
    return BenchmarkResult(
        images_per_second=round(trainer.settings.batch_size / median, 1),
        step_ms=round(1e3 * median, 3),
        step_ms_quartiles=(round(1e3 * low, 3), round(1e3 * high, 3)),
        data_wait=round(timing.data_wait, 5),
        peak_memory_mb=None if memory is None else round(memory / 1e6, 1),
        peak_memory_of=owner,
        device=str(runtime.device),
        precision=runtime.precision,
        threads=torch.get_num_threads(),
        batch_size=trainer.settings.batch_size,
        image_size=trainer.data.images.image_size,
        steps=steps,
        processes=trainer.process_group.rank_info.world_size,
        averaging=round(timing.averaging, 5),
    )


@dataclass(frozen=True)
class Timing:
    """The times of some training steps, in seconds, one for each step.

    Attributes:
        step_seconds: From requesting the batches until both networks are updated.
        wait_seconds: Part of it until the batches are on the device.
        averaging_seconds: Part of it for averaging gradients over processes, including the wait for the slowest one.
    """

    step_seconds: list[float]
    wait_seconds: list[float]
    averaging_seconds: list[float]

    @property
    def data_wait(self) -> float:
        """Fraction of the time that is spent waiting for batches."""
        return sum(self.wait_seconds) / sum(self.step_seconds)

    @property
    def averaging(self) -> float:
        """Fraction of the time that is spent averaging gradients over processes."""
        return sum(self.averaging_seconds) / sum(self.step_seconds)


def time_steps(trainer: Trainer, steps: int, warm_up: int) -> Timing:
    """Times a trainer's steps on its own batches, from the first one and after some for warming up; writes nothing."""
    timing = Timing([], [], [])
    for step in range(warm_up + steps):
        whole, loading, averaging = (_Stopwatch(trainer.runtime.device) for _ in range(3))
        trainer.training_step.process_group = _TimedProcessGroup(trainer.process_group.rank_info, averaging)
        with whole:
            trainer.training_step.train(step, _time_loading(trainer.load_batches(step), loading))
        if step >= warm_up:
            timing.step_seconds.append(whole.seconds)
            timing.wait_seconds.append(loading.seconds)
            timing.averaging_seconds.append(averaging.seconds)
    return timing


class _Stopwatch:
    """Adds up the seconds that are spent within it, including those in which an accelerator completes its work."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds = 0.0

    def __enter__(self) -> None:
        self.seconds -= self._read_clock()

    def __exit__(self, *error: object) -> None:
        self.seconds += self._read_clock()

    def _read_clock(self) -> float:
        if self.device.type != "cpu":
            torch.accelerator.synchronize()
        return perf_counter()


@dataclass(frozen=True)
class _TimedProcessGroup(ProcessGroup):
    stopwatch: _Stopwatch

    def all_reduce_mean(self, tensors: Sequence[Tensor]) -> None:
        if self.is_distributed:
            with self.stopwatch:
                super().all_reduce_mean(tensors)


def _time_loading(batches: Iterator[Batch], stopwatch: _Stopwatch) -> Iterator[Batch]:
    while True:
        with stopwatch:
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def compute_quartiles(values: list[float]) -> list[float]:
    """Lower quartile, median and upper quartile."""
    return torch.tensor(values, dtype=torch.float64).quantile(torch.tensor([0.25, 0.5, 0.75]).double()).tolist()


def measure_peak_memory(device: torch.device) -> tuple[int | None, str]:
    """The peak memory so far in bytes, and what uses it; None if the system does not record it.

    On CUDA this is the memory that torch has allocated on the device, elsewhere the resident memory of the process.
    """
    if device.type == "cuda":
        return torch.accelerator.max_memory_allocated(), "allocated by torch on the device"
    return _read_peak_resident(), "resident memory of the process"


def _read_peak_resident() -> int | None:
    """Linux's VmHWM, which is of this program only; getrusage also includes the parent process before the fork."""
    if PROCESS_STATUS.exists():
        (line,) = (line for line in PROCESS_STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    return getrusage(RUSAGE_SELF).ru_maxrss
