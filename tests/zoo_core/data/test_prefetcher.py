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


def square(number: int) -> tuple[Tensor, Tensor]:
    if number == 5:
        raise ZooError("batch 5 is damaged")
    return torch.tensor([number]), torch.tensor([number**2])


def test_batches_can_be_requested_in_any_order() -> None:
    read = Prefetcher(square)
    requested = [0, 1, 2, 2, 1, 7, 8, 3, 0]
    assert [tuple(part.item() for part in read(number)) for number in requested] == [(n, n**2) for n in requested]


def test_the_next_batch_is_read_while_this_one_is_used() -> None:
    started = {number: threading.Event() for number in range(3)}

    def record(number: int) -> tuple[Tensor, Tensor]:
        started[number].set()
        return square(number)

    read = Prefetcher(record)
    read(0)
    assert started[1].wait(10)
    assert not started[2].is_set()


def test_an_error_is_raised_when_its_batch_is_requested_and_only_then() -> None:
    read = Prefetcher(square)
    assert read(4)[0].item() == 4
    with pytest.raises(ZooError, match="batch 5 is damaged"):
        read(5)
    assert read(6)[0].item() == 6
    read(4)
    assert read(8)[0].item() == 8


@dataclass(frozen=True)
class RecordingPixels:
    """Records the names of the threads that read from it."""

    source: PixelSource
    threads: set[str]

    def __len__(self) -> int:
        return len(self.source)

    def read(self, indices: Tensor) -> Tensor:
        self.threads.add(threading.current_thread().name.rpartition("_")[0])
        return self.source.read(indices)


def test_a_run_that_prefetches_has_the_same_weights_and_leaves_no_thread(tmp_path: Path) -> None:
    weights = []
    for prefetches in (False, True):
        threads: set[str] = set()
        images = make_dataset()
        pixels = RecordingPixels(images.pixels, threads)
        data = TrainingData(replace(images, pixels=pixels, decodes_on_read=prefetches))
        networks = (TinyGenerator(data.spec), TinyDiscriminator(data.spec))
        for network in networks:
            for weight in network.parameters():
                torch.nn.init.constant_(weight, 0.01)
        settings = TrainSettings(steps=6, batch_size=8, device="cpu")
        run_dir = tmp_path / str(prefetches)
        Trainer(*networks, TinyLoss(), data, settings, run_dir).train()
        weights.append(load_file(run_dir / "checkpoints/step-00000006/generator.safetensors"))
        assert ("prefetch" in threads) == prefetches
    assert all(torch.equal(weight, weights[1][name]) for name, weight in weights[0].items())
    for thread in threading.enumerate():
        if thread.name.startswith("prefetch"):
            thread.join(10)
            assert not thread.is_alive()
