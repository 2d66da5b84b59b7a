import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_gan import make_dataset

from zoo_core import TrainingData, UsageError, ZooError
from zoo_core.data.label_budget import read_label_list
from zoo_core.data.split import split_training_images

UNEVEN_LABELS = torch.arange(3).repeat_interleave(torch.tensor([100, 50, 20]))
UNEVEN = replace(make_dataset(170, classes=3), labels=UNEVEN_LABELS)


def test_a_label_list_is_numbers_separated_by_white_space(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("3 1\n 4\t15\n")
    assert read_label_list(tmp_path / "list.txt") == (3, 1, 4, 15)


def test_a_label_list_can_be_the_split_of_another_run(tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text(json.dumps({"labelled": [2, 7], "unlabelled": [1], "validation": [0]}))
    assert read_label_list(tmp_path / "split.json") == (2, 7)


@pytest.mark.parametrize("text", ["one two", "{", "{}", '{"labelled": 3}'])
def test_other_content_of_a_label_list_is_refused_with_the_alternatives(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(ZooError, match=r"list.txt does not list positions.*--labels N"):
        read_label_list(tmp_path / "list.txt")


def test_a_missing_label_list_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"The file .*nowhere.*--labels N"):
        read_label_list(tmp_path / "nowhere")


def test_all_classes_have_equally_many_labels_and_a_remainder_goes_to_random_classes() -> None:
    images = make_dataset(200)
    for seed in range(5):
        split = split_training_images(images, 10, None, seed)
        counts = torch.bincount(images.labels[torch.tensor(split.labelled)], minlength=4)
        assert counts.sum() == 10
        assert sorted(counts.tolist()) == [2, 2, 3, 3]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (2, r"2 labels are too few for 3 classes. Write `--labels 3` or more"),
        (90, r"90 labels need 30 images of each class, but 'class 2' has 18 .* `--labels 54` or fewer"),
    ],
)
def test_an_impossible_label_budget_is_refused_with_a_possible_one(labels: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        split_training_images(UNEVEN, labels, None, seed=0)
    suggested = int(message.split("--labels ")[1].split("`")[0])
    assert len(split_training_images(UNEVEN, suggested, None, seed=0).labelled) == suggested


def test_a_label_budget_for_images_without_labels_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no image has a label. Write `--labels 0`"):
        split_training_images(make_dataset(classes=0), 10, None, seed=0)


def test_listed_images_are_the_label_budget_and_are_never_held_out() -> None:
    images = make_dataset(200)
    listed = list(range(0, 200, 7))
    for seed in range(5):
        data = TrainingData(images, labels=listed, seed=seed)
        assert sorted(data.split.labelled) == listed
        assert len(data.split.validation) == 20
        assert torch.nonzero(data.labels >= 0).flatten().tolist() == listed


def test_a_list_of_every_image_is_refused() -> None:
    with pytest.raises(UsageError, match="none is left for validation"):
        TrainingData(make_dataset(20), labels=list(range(20)))


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ([0, 2**70], f"names image {2**70}; the images are numbered"),
        ([0, 200], "names image 200; the images are numbered 0 to 199"),
        ([3, 5, 3], "names image 3 twice"),
    ],
)
def test_a_list_with_wrong_positions_is_refused(listed: list[int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainingData(make_dataset(200), labels=listed)


def test_a_list_with_an_unlabelled_image_is_refused() -> None:
    with pytest.raises(UsageError, match="names image 4, which has no label"):
        TrainingData(make_dataset(20, classes=0), labels=[4])
