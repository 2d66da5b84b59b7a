import pytest
import torch
from tiny_gan import make_dataset

from zoo_core import TrainingData, UsageError


def test_wrong_labels_outside_the_budget_do_not_change_what_is_trained_on() -> None:
    images = make_dataset(200)
    data = TrainingData(images, labels=8, seed=0)
    before = data.read(torch.arange(200))[1]
    unlabelled = torch.tensor(data.split.unlabelled)
    images.labels[unlabelled] = (images.labels[unlabelled] + 1) % 4
    for changed in (data, TrainingData(images, split=data.split)):
        assert torch.equal(before, changed.read(torch.arange(200))[1])


def test_a_split_of_other_images_is_refused() -> None:
    split = TrainingData(make_dataset(200)).split
    assert TrainingData(make_dataset(200), split=split, seed=9).split == split
    with pytest.raises(UsageError, match="does not belong to these 100 images"):
        TrainingData(make_dataset(100), split=split)
