import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss, make_dataset
from torch import Tensor

from zoo_core import Trainer, TrainingData, TrainSettings, ZooError
from zoo_core.data.prefetcher import Prefetcher
from zoo_core.interfaces.dataset import PixelSource


def squares(number: int) -> tuple[Tensor, Tensor]:
    if number == 5:
        raise ZooError("batch 5 is damaged")
    return torch.tensor([number]), torch.tensor([number**2])


def test_batches_are_the_same_in_whatever_order_they_are_asked_for() -> None:
    read = Prefetcher(squares)
    asked = [0, 1, 2, 2, 1, 7, 8, 3, 0]
    assert [tuple(part.item() for part in read(number)) for number in asked] == [(n, n**2) for n in asked]


def test_the_next_batch_is_read_while_this_one_is_used() -> None:
    begun = {number: threading.Event() for number in range(3)}

    def record(number: int) -> tuple[Tensor, Tensor]:
        begun[number].set()
        return squares(number)

    read = Prefetcher(record)
    read(0)
    assert begun[1].wait(10)
    assert not begun[2].is_set()


def test_what_goes_wrong_is_raised_when_its_batch_is_asked_for_and_only_then() -> None:
    read = Prefetcher(squares)
    assert read(4)[0].item() == 4
    with pytest.raises(ZooError, match="batch 5 is damaged"):
        read(5)
    assert read(6)[0].item() == 6
    read(4)
    assert read(8)[0].item() == 8


@dataclass(frozen=True)
class Watched:
    """Remembers which threads read it."""

    source: PixelSource
    threads: set[str]

    def __len__(self) -> int:
        return len(self.source)

    def read(self, indices: Tensor) -> Tensor:
        self.threads.add(threading.current_thread().name.rpartition("_")[0])
        return self.source.read(indices)


def test_a_run_that_reads_ahead_is_the_same_and_leaves_no_thread(tmp_path: Path) -> None:
    weights = []
    for ahead in (False, True):
        threads: set[str] = set()
        some = make_dataset()
        data = TrainingData(replace(some, pixels=Watched(some.pixels, threads), decodes_on_read=ahead))
        networks = (TinyGenerator(data.spec), TinyDiscriminator(data.spec))
        for network in networks:
            for weight in network.parameters():
                torch.nn.init.constant_(weight, 0.01)
        settings = TrainSettings(steps=6, batch_size=8, device="cpu")
        Trainer(*networks, TinyLoss(), data, settings, tmp_path / str(ahead)).train()
        weights.append(load_file(tmp_path / str(ahead) / "checkpoints/step-00000006/generator.safetensors"))
        assert ("read-ahead" in threads) == ahead
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())
    for thread in threading.enumerate():
        if thread.name.startswith("read-ahead"):
            thread.join(10)
            assert not thread.is_alive()
