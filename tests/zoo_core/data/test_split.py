import subprocess
import sys
from dataclasses import replace
from typing import Any, Literal

import pytest
import torch
from tiny_gan import make_dataset

from zoo_core import ImageDataset, StepRandom, UsageError
from zoo_core.data.pixels import TensorPixels
from zoo_core.data.split import hide_labels, split_training_images


@pytest.mark.parametrize("labels", [0, 4, 10, "all", None])
def test_every_image_is_in_exactly_one_part(labels: int | str | None) -> None:
    split = split_training_images(make_dataset(200), labels, None, seed=0)
    assert sorted(split.labelled + split.unlabelled + split.validation) == list(range(200))
    assert len(split.validation) == 20


def test_the_same_fraction_of_every_class_is_held_out() -> None:
    labels = torch.arange(3).repeat_interleave(torch.tensor([100, 50, 20]))
    images = replace(make_dataset(170, classes=3), labels=labels)
    split = split_training_images(images, 9, None, seed=0)
    assert torch.bincount(images.labels[torch.tensor(split.validation)]).tolist() == [10, 5, 2]


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
