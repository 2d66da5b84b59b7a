import pytest
import torch

from zoo_core import UsageError
from zoo_core.data.sampler import ClassBalancedBatchSampler, SemiSupervisedBatchSampler
from zoo_core.data.split import DataSplit

LABELLED, UNLABELLED, VALIDATION = tuple(range(10)), tuple(range(10, 60)), tuple(range(60, 70))
SPLIT = DataSplit(LABELLED, UNLABELLED, VALIDATION)


def test_every_batch_has_its_share_of_labelled_images() -> None:
    order = SemiSupervisedBatchSampler(SPLIT, batch_size=16, labelled_fraction=0.25, seed=0)
    for number in range(20):
        batch = order.indices(number).tolist()
        assert len(batch) == 16
        assert sum(index in LABELLED for index in batch) == 4
        assert not set(batch) & set(VALIDATION)


def test_a_pass_shows_every_unlabelled_image_once() -> None:
    order = SemiSupervisedBatchSampler(SPLIT, batch_size=20, labelled_fraction=0.5, seed=0)
    seen = [index for number in range(5) for index in order.indices(number).tolist() if index in UNLABELLED]
    assert sorted(seen) == list(UNLABELLED)
    following = [index for number in range(5, 10) for index in order.indices(number).tolist() if index in UNLABELLED]
    assert sorted(following) == list(UNLABELLED)
    assert seen != following


def test_a_batch_may_reach_over_the_end_of_a_pass() -> None:
    order = SemiSupervisedBatchSampler(DataSplit((), UNLABELLED, ()), batch_size=30, labelled_fraction=0.5, seed=0)
    seen = torch.cat([order.indices(number) for number in range(5)])
    assert torch.bincount(seen, minlength=60)[10:].tolist() == [3] * 50


def test_labelled_images_are_all_drawn_sooner_or_later() -> None:
    order = SemiSupervisedBatchSampler(SPLIT, batch_size=16, labelled_fraction=0.5, seed=0)
    assert set(LABELLED) <= {index for number in range(30) for index in order.indices(number).tolist()}


def test_images_of_one_sort_only_fill_the_batch() -> None:
    for split in (DataSplit(LABELLED, (), ()), DataSplit((), LABELLED, ())):
        assert sorted(SemiSupervisedBatchSampler(split, 10, 0.5, seed=0).indices(0).tolist()) == list(LABELLED)


def test_a_batch_depends_on_seed_and_number_alone() -> None:
    first, second = (
        SemiSupervisedBatchSampler(SPLIT, 16, 0.5, seed=0),
        SemiSupervisedBatchSampler(SPLIT, 16, 0.5, seed=0),
    )
    second.indices(3)
    assert torch.equal(first.indices(77), second.indices(77))
    assert not torch.equal(first.indices(77), first.indices(78))
    assert not torch.equal(first.indices(77), SemiSupervisedBatchSampler(SPLIT, 16, 0.5, seed=1).indices(77))


def test_a_batch_larger_than_the_data_is_refused_with_the_largest_possible() -> None:
    with pytest.raises(UsageError, match="`--batch-size 60` or less"):
        SemiSupervisedBatchSampler(SPLIT, 61, 0.5, seed=0)


def test_class_balanced_batches_hold_every_class_alike_and_in_order() -> None:
    labels = torch.tensor([number % 3 if number < 10 else -1 for number in range(70)])
    order = ClassBalancedBatchSampler(SPLIT, labels, batch_size=8, seed=0)
    for number in range(5):
        assert labels[order.indices(number)].tolist() == [0, 0, 1, 1, 2, 2]
    seen = torch.cat([order.indices(number)[:2] for number in range(2)])
    assert sorted(seen.tolist()) == [0, 3, 6, 9]


def test_a_game_between_classes_needs_classes_and_room_for_them() -> None:
    with pytest.raises(UsageError, match="needs labelled images, in sub-folders"):
        ClassBalancedBatchSampler(DataSplit((), UNLABELLED, ()), torch.full((70,), -1), 8, seed=0)
    with pytest.raises(UsageError, match="`--batch-size 3`"):
        ClassBalancedBatchSampler(SPLIT, torch.arange(70) % 3, 2, seed=0)
