import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss, make_dataset
from torch import Tensor

from zoo_core import Trainer, TrainingData, TrainSettings, UsageError, ZooError
from zoo_core.data.batches import ClassBalancedBatchSampler, Prefetcher, SemiSupervisedBatchSampler, ShuffledSampler
from zoo_core.data.split import DataSplit
from zoo_core.interfaces.dataset import PixelSource

LABELLED, UNLABELLED, VALIDATION = tuple(range(10)), tuple(range(10, 60)), tuple(range(60, 70))
SPLIT = DataSplit(LABELLED, UNLABELLED, VALIDATION)


def test_every_batch_has_the_same_fraction_of_labelled_images() -> None:
    sampler = SemiSupervisedBatchSampler(SPLIT, batch_size=16, labelled_fraction=0.25, seed=0)
    for number in range(20):
        batch = sampler.sample_indices(number).tolist()
        assert len(batch) == 16
        assert sum(index in LABELLED for index in batch) == 4
        assert not set(batch) & set(VALIDATION)


def test_an_epoch_contains_every_unlabelled_image_once() -> None:
    sampler = SemiSupervisedBatchSampler(SPLIT, batch_size=20, labelled_fraction=0.5, seed=0)
    epochs = [
        [index for number in numbers for index in sampler.sample_indices(number).tolist() if index in UNLABELLED]
        for numbers in (range(5), range(5, 10))
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(UNLABELLED)
    assert epochs[0] != epochs[1]


def test_a_batch_may_span_two_epochs() -> None:
    sampler = SemiSupervisedBatchSampler(DataSplit((), UNLABELLED, ()), batch_size=30, labelled_fraction=0.5, seed=0)
    sampled = torch.cat([sampler.sample_indices(number) for number in range(5)])
    assert torch.bincount(sampled, minlength=60)[10:].tolist() == [3] * 50


@pytest.mark.parametrize("start", [0, 1, 4, 5, 13])
@pytest.mark.parametrize("count", [0, 1, 5, 6, 17])
def test_consecutive_images_can_be_taken_from_any_epoch(start: int, count: int) -> None:
    sampler = ShuffledSampler(pool=[3, 1, 4, 15, 9], seed=0, stream="test")
    sequence = torch.cat([sampler.take(5 * epoch, 5) for epoch in range(7)])
    assert torch.equal(sampler.take(start, count), sequence[start : start + count])


def test_every_labelled_image_is_drawn_within_some_batches() -> None:
    sampler = SemiSupervisedBatchSampler(SPLIT, batch_size=16, labelled_fraction=0.5, seed=0)
    assert set(LABELLED) <= {index for number in range(30) for index in sampler.sample_indices(number).tolist()}


def test_if_all_images_are_labelled_or_none_they_fill_the_batch() -> None:
    for split in (DataSplit(LABELLED, (), ()), DataSplit((), LABELLED, ())):
        sampler = SemiSupervisedBatchSampler(split, 10, 0.5, seed=0)
        assert sorted(sampler.sample_indices(0).tolist()) == list(LABELLED)


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    first, second, other = (SemiSupervisedBatchSampler(SPLIT, 16, 0.5, seed) for seed in (0, 0, 1))
    second.sample_indices(3)
    assert torch.equal(first.sample_indices(77), second.sample_indices(77))
    assert not torch.equal(first.sample_indices(77), first.sample_indices(78))
    assert not torch.equal(first.sample_indices(77), other.sample_indices(77))


def test_a_batch_larger_than_the_data_is_refused_with_the_largest_possible_size() -> None:
    with pytest.raises(UsageError, match="`--batch-size 60` or less"):
        SemiSupervisedBatchSampler(SPLIT, 61, 0.5, seed=0)


def test_class_balanced_batches_contain_equally_many_images_of_each_class_in_order() -> None:
    labels = torch.tensor([number % 3 if number < 10 else -1 for number in range(70)])
    sampler = ClassBalancedBatchSampler(SPLIT, labels, batch_size=8, seed=0)
    for number in range(5):
        assert labels[sampler.sample_indices(number)].tolist() == [0, 0, 1, 1, 2, 2]
    first_class = torch.cat([sampler.sample_indices(number)[:2] for number in range(2)])
    assert sorted(first_class.tolist()) == [0, 3, 6, 9]


def test_class_balanced_batches_need_labels_and_an_image_per_class() -> None:
    with pytest.raises(UsageError, match="needs labelled images, in sub-folders"):
        ClassBalancedBatchSampler(DataSplit((), UNLABELLED, ()), torch.full((70,), -1), 8, seed=0)
    with pytest.raises(UsageError, match="`--batch-size 3`"):
        ClassBalancedBatchSampler(SPLIT, torch.arange(70) % 3, 2, seed=0)


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
