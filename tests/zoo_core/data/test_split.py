import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from tiny_gan import make_dataset

from zoo_core import ImageDataset, StepRandom, TrainingData, UsageError, ZooError
from zoo_core.data.pixels import TensorPixels
from zoo_core.data.split import hide_labels, read_label_list, split_training_images

UNEVEN_LABELS = torch.arange(3).repeat_interleave(torch.tensor([100, 50, 20]))
UNEVEN = replace(make_dataset(170, classes=3), labels=UNEVEN_LABELS)


@pytest.mark.parametrize("labels", [0, 4, 10, "all", None])
def test_every_image_is_in_exactly_one_part(labels: int | str | None) -> None:
    split = split_training_images(make_dataset(200), labels, None, seed=0)
    assert sorted(split.labelled + split.unlabelled + split.validation) == list(range(200))
    assert len(split.validation) == 20


def test_the_same_fraction_of_every_class_is_held_out() -> None:
    split = split_training_images(UNEVEN, 9, None, seed=0)
    assert torch.bincount(UNEVEN_LABELS[torch.tensor(split.validation)]).tolist() == [10, 5, 2]


def test_the_split_depends_on_the_seed_alone() -> None:
    first, same, other = (split_training_images(make_dataset(200), 8, None, seed) for seed in (0, 0, 1))
    assert first == same
    assert first.labelled != other.labelled
    assert first.validation != other.validation


def test_a_tenth_but_at_most_2000_images_are_held_out_unless_requested_otherwise() -> None:
    images = make_dataset(30_000, size=1)
    assert len(split_training_images(images, 4, None, seed=0).validation) == 2000
    assert len(split_training_images(images, 4, 400, seed=0).validation) == 400
    with pytest.raises(UsageError, match="30000 validation images leave none of the 30000"):
        split_training_images(images, 4, 30_000, seed=0)


def test_one_of_a_few_images_is_held_out() -> None:
    assert len(split_training_images(make_dataset(8), "all", None, seed=0).validation) == 1


def test_labels_outside_the_budget_become_minus_one() -> None:
    images = make_dataset(200)
    split = split_training_images(images, 8, None, seed=0)
    visible = hide_labels(images.labels, split)
    assert (visible >= 0).sum() == 8
    assert torch.equal(visible[list(split.labelled)], images.labels[list(split.labelled)])


def split_one_by_one(labels: list[int], budget: int | Literal["all"] | list[int], seed: int) -> tuple[list[int], ...]:
    """Defines the split regardless of speed: the same two draws, image by image."""
    random = StepRandom(seed, 0, "split")
    remaining: dict[int, list[int]] = {label: [] for label in sorted(set(labels))}
    for position in random.permutation(len(labels)).tolist():
        remaining[labels[position]].append(position)
    labelled, held_out = (list(budget), []) if isinstance(budget, list) else ([], [])
    for members in remaining.values():
        size = round(min(0.1, 2000 / len(labels)) * len(members))
        members[:] = [position for position in members if position not in labelled]
        held_out += [members.pop(0) for _ in range(size)]
    classes = [label for label in remaining if label >= 0]
    if isinstance(budget, int):
        extra = [classes[number] for number in random.permutation(len(classes)).tolist()[: budget % len(classes)]]
        for label in classes:
            labelled += [remaining[label].pop(0) for _ in range(budget // len(classes) + (label in extra))]
    elif budget == "all":
        labelled += [remaining[label].pop(0) for label in classes for _ in remaining[label][:]]
    unlabelled = [position for members in remaining.values() for position in members]
    return sorted(labelled), sorted(unlabelled), sorted(held_out)


@pytest.mark.parametrize("budget", [0, 3, 40, "all", [5, 900, 17, 1400]])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_split_equals_one_drawn_image_by_image(budget: Any, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(-1, 3, (1500,), generator=random)
    labels[[5, 900, 17, 1400]] = 1
    pixels = TensorPixels(torch.zeros(1500, 1, 8, 8, dtype=torch.uint8))
    split = split_training_images(ImageDataset(pixels, labels, ("a", "b", "c"), 1, 8, "random"), budget, None, seed)
    parts = tuple(map(list, (split.labelled, split.unlabelled, split.validation)))
    assert parts == split_one_by_one(labels.tolist(), budget, seed)


def test_a_million_images_are_split_in_two_seconds_with_little_memory() -> None:
    script = (
        "import resource, time, torch\n"
        "from zoo_core import ImageDataset, TrainingData\n"
        "from zoo_core.data.pixels import TensorPixels\n"
        "pixels = TensorPixels(torch.zeros(10**6, 1, 1, 1, dtype=torch.uint8))\n"
        "images = ImageDataset(pixels, torch.arange(10**6) % 1000, tuple(map(str, range(1000))), 1, 1, 'many')\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "peak_before, started = peak(), time.process_time()\n"
        "data = TrainingData(images, labels='all')\n"
        "print(len(data.split.labelled), time.process_time() - started, peak() - peak_before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    labelled, seconds, megabytes = map(float, done.stdout.split())
    assert labelled == 998_000
    assert seconds < 2
    assert megabytes < 250


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
