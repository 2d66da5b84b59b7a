import subprocess
import sys
from typing import Any, Literal

import pytest
import torch
from tiny_gan import make_dataset

from zoo_core import ImageDataset, StepRandom, TrainingData, UsageError
from zoo_core.data.pixels import TensorPixels
from zoo_core.data.split import hide_labels, split_training_images


def uneven(*counts: int) -> ImageDataset:
    """Images of some classes with so many members each."""
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    pixels = TensorPixels(torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8))
    return ImageDataset(pixels, labels, tuple(f"class {n}" for n in range(len(counts))), 1, 8, "uneven")


@pytest.mark.parametrize("labels", [0, 4, 10, "all", None])
def test_every_image_has_one_place(labels: int | str | None) -> None:
    split = split_training_images(make_dataset(200), labels, None, seed=0)
    assert sorted(split.labelled + split.unlabelled + split.validation) == list(range(200))
    assert len(split.validation) == 20


def test_the_budget_is_the_same_for_all_classes_and_the_rest_goes_by_lot() -> None:
    some = make_dataset(200)
    for seed in range(5):
        split = split_training_images(some, 10, None, seed)
        counts = torch.bincount(some.labels[torch.tensor(split.labelled)], minlength=4)
        assert counts.sum() == 10
        assert sorted(counts.tolist()) == [2, 2, 3, 3]


def test_validation_has_the_same_share_of_every_class() -> None:
    some = uneven(100, 50, 20)
    split = split_training_images(some, 9, None, seed=0)
    assert torch.bincount(some.labels[torch.tensor(split.validation)]).tolist() == [10, 5, 2]


def test_the_same_seed_draws_the_same_and_another_one_another() -> None:
    first, again, other = (split_training_images(make_dataset(200), 8, None, seed) for seed in (0, 0, 1))
    assert first == again
    assert first.labelled != other.labelled
    assert first.validation != other.validation


def test_validation_is_a_tenth_at_most_2000_or_what_was_asked() -> None:
    some = make_dataset(30_000, size=1)
    assert len(split_training_images(some, 4, None, seed=0).validation) == 2000
    assert len(split_training_images(some, 4, 400, seed=0).validation) == 400
    with pytest.raises(UsageError, match="30000 validation images leave none of the 30000"):
        split_training_images(some, 4, 30_000, seed=0)


def test_a_few_images_still_leave_one_for_validation() -> None:
    assert len(split_training_images(make_dataset(8), "all", None, seed=0).validation) == 1


def test_labels_outside_of_the_budget_become_minus_one() -> None:
    some = make_dataset(200)
    split = split_training_images(some, 8, None, seed=0)
    granted = hide_labels(some.labels, split)
    assert (granted >= 0).sum() == 8
    assert torch.equal(granted[list(split.labelled)], some.labels[list(split.labelled)])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (2, r"2 labels are too few for 3 classes. Write `--labels 3` or more"),
        (90, r"90 labels need 30 images of each class, but 'class 2' has 18 .* `--labels 54` or fewer"),
    ],
)
def test_a_budget_that_cannot_be_filled_names_one_that_can(labels: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        split_training_images(uneven(100, 50, 20), labels, None, seed=0)
    suggested = int(message.split("--labels ")[1].split("`")[0])
    assert len(split_training_images(uneven(100, 50, 20), suggested, None, seed=0).labelled) == suggested


def test_a_budget_without_any_labelled_image_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no image has a label. Write `--labels 0`"):
        split_training_images(make_dataset(classes=0), 10, None, seed=0)


def test_wrong_labels_outside_of_the_budget_change_nothing_that_is_learnt_from() -> None:
    some = make_dataset(200)
    clean = TrainingData(some, labels=8, seed=0)
    poisoned = some.labels.clone()
    hidden = torch.tensor(clean.split.unlabelled)
    data = TrainingData(ImageDataset(some.pixels, some.labels, some.classes, 1, 8, "noise"), labels=8, seed=0)
    data.images.labels[hidden] = (poisoned[hidden] + 1) % 4
    everything = torch.arange(200)
    assert torch.equal(clean.read(everything)[1], data.read(everything)[1])


def test_a_given_list_is_the_budget_and_is_never_held_out() -> None:
    some = make_dataset(200)
    given = list(range(0, 200, 7))
    for seed in range(5):
        data = TrainingData(some, labels=given, seed=seed)
        assert sorted(data.split.labelled) == given
        assert len(data.split.validation) == 20
        assert torch.nonzero(data.labels >= 0).flatten().tolist() == given


def drawn_one_by_one(labels: list[int], budget: int | Literal["all"] | list[int], seed: int) -> tuple[list[int], ...]:
    """How the split is defined, without regard to speed: from the same two draws, image by image."""
    random = StepRandom(seed, 0, "split")
    waiting: dict[int, list[int]] = {label: [] for label in sorted(set(labels))}
    for position in random.permutation(len(labels)).tolist():
        waiting[labels[position]].append(position)
    labelled, held_out = (list(budget), []) if isinstance(budget, list) else ([], [])
    for members in waiting.values():
        size = round(min(0.1, 2000 / len(labels)) * len(members))
        members[:] = [position for position in members if position not in labelled]
        held_out += [members.pop(0) for _ in range(size)]
    classes = [label for label in waiting if label >= 0]
    if isinstance(budget, int):
        lucky = [classes[number] for number in random.permutation(len(classes)).tolist()[: budget % len(classes)]]
        for label in classes:
            labelled += [waiting[label].pop(0) for _ in range(budget // len(classes) + (label in lucky))]
    elif budget == "all":
        labelled += [waiting[label].pop(0) for label in classes for _ in waiting[label][:]]
    return sorted(labelled), sorted(position for members in waiting.values() for position in members), sorted(held_out)


@pytest.mark.parametrize("budget", [0, 3, 40, "all", [5, 900, 17, 1400]])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_split_is_the_one_that_is_drawn_image_by_image(budget: Any, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(-1, 3, (1500,), generator=random)
    labels[[5, 900, 17, 1400]] = 1
    some = ImageDataset(
        TensorPixels(torch.zeros(1500, 1, 8, 8, dtype=torch.uint8)), labels, ("a", "b", "c"), 1, 8, "drawn"
    )
    split = split_training_images(some, budget, None, seed)
    parts = tuple(map(list, (split.labelled, split.unlabelled, split.validation)))
    assert parts == drawn_one_by_one(labels.tolist(), budget, seed)


def test_a_million_images_are_split_in_two_seconds_and_in_little_memory() -> None:
    script = (
        "import resource, time, torch\n"
        "from zoo_core import ImageDataset, TrainingData\n"
        "from zoo_core.data.pixels import TensorPixels\n"
        "pixels = TensorPixels(torch.zeros(10**6, 1, 1, 1, dtype=torch.uint8))\n"
        "some = ImageDataset(pixels, torch.arange(10**6) % 1000, tuple(map(str, range(1000))), 1, 1, 'many')\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before, began = peak(), time.process_time()\n"
        "data = TrainingData(some, labels='all')\n"
        "print(len(data.split.labelled), time.process_time() - began, peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    labelled, seconds, megabytes = map(float, done.stdout.split())
    assert labelled == 998_000
    assert seconds < 2
    assert megabytes < 250


def test_a_list_of_every_image_leaves_none_to_hold_out() -> None:
    with pytest.raises(UsageError, match="none is left for validation"):
        TrainingData(make_dataset(20), labels=list(range(20)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0, 2**70], f"names image {2**70}; the images are numbered"),
        ([0, 200], "names image 200; the images are numbered 0 to 199"),
        ([3, 5, 3], "names image 3 twice"),
    ],
)
def test_a_wrong_list_says_what_is_wrong(given: list[int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TrainingData(make_dataset(200), labels=given)


def test_an_unlabelled_image_cannot_be_in_the_list() -> None:
    with pytest.raises(UsageError, match="names image 4, which has no label"):
        TrainingData(make_dataset(20, classes=0), labels=[4])


def test_a_split_of_other_images_is_refused() -> None:
    split = TrainingData(make_dataset(200)).split
    assert TrainingData(make_dataset(200), split=split, seed=9).split == split
    with pytest.raises(UsageError, match="does not belong to these 100 images"):
        TrainingData(make_dataset(100), split=split)
