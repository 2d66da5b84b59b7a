"""What `zoo bench` found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from zoo_core.engine.bench import peak_memory, timed
from zoo_core.engine.trainer import Trainer


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
        timing, runtime = timed(trainer, steps, warm_up), trainer.runtime
        low, median, high = timing.quartiles
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
            processes=trainer.ranks.place.count,
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
