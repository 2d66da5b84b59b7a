import subprocess
import sys
from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
import torch
from tiny_gan import TinyLoss

from zoo_core import Batch, Fake, Trainer
from zoo_core.training.benchmark import PROCESS_STATUS, Timing, compute_quartiles, measure_peak_memory, time_steps


class SlowLoss(TinyLoss):
    """Generates slowly, and needs two batches in each step."""

    discriminator_steps = 2

    def generate(self, *arguments: Any) -> Fake:
        sleep(0.02)
        return super().generate(*arguments)


def test_the_time_of_a_step_includes_the_wait_for_its_batches(
    make_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two batches of 10 ms and two generator forwards of 20 ms: 60 ms for a step, a third of it waiting."""
    trainer = make_trainer(loss=SlowLoss())
    load_batch = trainer.load_batch

    def load_slowly(number: int) -> Batch:
        sleep(0.01)
        return load_batch(number)

    monkeypatch.setattr(trainer, "load_batch", load_slowly)
    timing = time_steps(trainer, steps=3, warm_up=2)
    assert len(timing.step_seconds) == 3
    assert min(timing.step_seconds) >= 0.06
    assert min(timing.wait_seconds) >= 0.02
    assert timing.data_wait < 0.5


def test_the_timed_steps_are_those_of_a_training(make_trainer: Callable[..., Trainer]) -> None:
    timed, trained = make_trainer("a", steps=5), make_trainer("b", steps=5)
    time_steps(timed, steps=3, warm_up=2)
    trained.train()
    generators = timed.training_step.generator, trained.training_step.generator
    for weight, expected in zip(*(generator.parameters() for generator in generators), strict=True):
        assert torch.equal(weight, expected)
    assert not timed.directory.path.exists()


def test_quartiles_and_fractions_match_a_calculation_by_hand() -> None:
    timing = Timing([1.0, 2.0, 3.0, 4.0, 10.0], [0.5, 0.5, 0.5, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0, 5.0])
    assert compute_quartiles(timing.step_seconds) == [2.0, 3.0, 4.0]
    assert (timing.data_wait, timing.averaging) == (0.1, 0.25)
    assert compute_quartiles([0.25]) == [0.25, 0.25, 0.25]


@pytest.mark.skipif(not PROCESS_STATUS.exists(), reason="peak memory is measured in another way on this system")
def test_peak_memory_includes_released_memory_but_not_that_of_the_parent_process() -> None:
    """A child process allocates and releases 300 MB; torch alone takes far more than 20 MB."""
    script = (
        "import torch\nfrom zoo_core.training.benchmark import measure_peak_memory\n"
        "before = measure_peak_memory(torch.device('cpu'))[0]\n"
        "torch.ones(75_000_000)\nprint(before, measure_peak_memory(torch.device('cpu'))[0])"
    )
    allocated = torch.ones(250_000_000)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    before, after = map(int, done.stdout.split())
    assert before + 250e6 < after < before + 400e6
    assert 20e6 < before < allocated.nbytes
    peak, owner = measure_peak_memory(torch.device("cpu"))
    assert peak is not None
    assert peak > allocated.nbytes
    assert owner == "resident memory of the process"
