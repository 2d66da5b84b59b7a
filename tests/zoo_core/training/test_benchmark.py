import subprocess
import sys
from collections.abc import Callable
from time import sleep
from typing import Any

import pytest
import torch
from tiny_gan import TinyLoss

from zoo_core import Batch, Fake, Trainer
from zoo_core.training.benchmark import STATUS, Timing, peak_memory, time_steps


class Slow(TinyLoss):
    """Takes its time over each step, and asks for two batches in it."""

    discriminator_steps = 2

    def generate(self, *arguments: Any) -> Fake:
        sleep(0.02)
        return super().generate(*arguments)


def test_a_step_is_timed_as_a_whole_and_its_wait_for_batches_apart(
    make_trainer: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two batches of 10 ms and two generations of 20 ms: 60 ms a step, a third of them waiting."""
    trainer = make_trainer(loss=Slow())
    batch = trainer.batch

    def slow_batch(number: int) -> Batch:
        sleep(0.01)
        return batch(number)

    monkeypatch.setattr(trainer, "batch", slow_batch)
    timing = time_steps(trainer, steps=3, warm_up=2)
    assert len(timing.seconds) == 3
    assert min(timing.seconds) >= 0.06
    assert min(timing.waited) >= 0.02
    assert timing.data_wait < 0.5


def test_it_plays_the_steps_that_a_training_plays(make_trainer: Callable[..., Trainer]) -> None:
    benched, trained = make_trainer("a", steps=5), make_trainer("b", steps=5)
    time_steps(benched, steps=3, warm_up=2)
    trained.train()
    for ours, theirs in zip(
        benched.training_step.generator.parameters(), trained.training_step.generator.parameters(), strict=True
    ):
        assert torch.equal(ours, theirs)
    assert not benched.directory.path.exists()


def test_quartiles_and_share_by_hand() -> None:
    timing = Timing([1.0, 2.0, 3.0, 4.0, 10.0], [0.5, 0.5, 0.5, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0, 5.0])
    assert timing.quartiles == (2.0, 3.0, 4.0)
    assert (timing.data_wait, timing.averaging) == (0.1, 0.25)
    assert Timing([0.25], [0.0], [0.0]).quartiles == (0.25, 0.25, 0.25)


@pytest.mark.skipif(not STATUS.exists(), reason="counted otherwise here")
def test_peak_memory_is_of_this_program_alone_and_holds_what_was_given_back() -> None:
    """A child takes 300 MB and gives them back; torch alone is far above 20 MB, this process is not counted in."""
    script = (
        "import torch\nfrom zoo_core.training.benchmark import peak_memory\n"
        "before = peak_memory(torch.device('cpu'))[0]\n"
        "torch.ones(75_000_000)\nprint(before, peak_memory(torch.device('cpu'))[0])"
    )
    held = torch.ones(250_000_000)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    before, after = map(int, done.stdout.split())
    assert before + 250e6 < after < before + 400e6
    assert 20e6 < before < held.nbytes
    peak, whose = peak_memory(torch.device("cpu"))
    assert peak is not None
    assert peak > held.nbytes
    assert whose == "resident memory of the process"
