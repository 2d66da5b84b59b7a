import pytest
import torch

from zoo_core import UsageError
from zoo_core.data.sampler import ClassBalancedBatchSampler, SemiSupervisedBatchSampler, ShuffledSampler
from zoo_core.data.split import DataSplit

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
