"""Splits: which images are labelled, unlabelled, held out for validation, or for testing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.interfaces.dataset import ImageDataset, Split
from zoo_core.interfaces.randomness import StepRandom

UNLABELLED = -1
VALIDATION_FRACTION, MAX_VALIDATION_IMAGES = 0.1, 2000  # of the training images, by default


@dataclass(frozen=True)
class DataSplit:
    """Positions in the training images of a dataset.

    Attributes:
        labelled: Images that are trained on with their label.
        unlabelled: Images that are trained on without a label.
        validation: Images that are never trained on.
    """

    labelled: tuple[int, ...]
    unlabelled: tuple[int, ...]
    validation: tuple[int, ...]

    @staticmethod
    def from_dict(parts: Mapping[str, Sequence[int]]) -> "DataSplit":
        """Reads the content of split.json."""
        return DataSplit(*(tuple(parts[name]) for name in ("labelled", "unlabelled", "validation")))

    def as_dict(self) -> dict[str, list[int]]:
        """Plain lists, for split.json."""
        return {part.name: list(getattr(self, part.name)) for part in fields(self)}


LabelBudget = int | str | Sequence[int] | None


def split_training_images(images: ImageDataset, labels: LabelBudget, validation: int | None, seed: int) -> DataSplit:
    """Holds out validation images, then draws the labelled ones, class-balanced, from the rest, or takes listed ones.

    Args:
        images: The training images with all their labels.
        labels: Size of the label budget, "all", the positions of its images (which are never held out), or None for
            the default of the dataset.
        validation: Number of images to hold out, the same fraction of each class; a tenth, at most 2,000, if None.
        seed: Random seed.

    Raises:
        UsageError: There are too few images for validation or for the label budget.
    """
    budget = images.default_labels if labels is None else labels
    listed = _parse_positions(budget, images)
    unlisted = torch.ones(len(images), dtype=torch.bool)
    unlisted[listed] = False
    fraction = _validation_fraction(validation, len(images))
    random = StepRandom(seed, 0, "split")
    held_out: dict[int, Tensor] = {}
    rest: dict[int, Tensor] = {}
    for label, members in _shuffle_by_label(images.labels, random).items():
        count, candidates = round(fraction * len(members)), members[unlisted[members]]
        held_out[label], rest[label] = candidates[:count], candidates[count:]
    if not any(map(len, held_out.values())):
        label = _find_label_with_images(rest)
        held_out[label], rest[label] = rest[label][-1:], rest[label][:-1]
    without_label = rest.pop(UNLABELLED, listed[:0])
    counts = dict.fromkeys(rest, 0) if len(listed) else _count_labels(budget, images, rest, random)
    labelled = [listed, *(rest[label][:count] for label, count in counts.items())]
    unlabelled = [without_label, *(rest[label][count:] for label, count in counts.items())]
    return DataSplit(*(_sort_positions(parts) for parts in (labelled, unlabelled, list(held_out.values()))))


def _find_label_with_images(rest: Mapping[int, Tensor]) -> int:
    """The first label that has images left, from which one is held out."""
    for label, members in rest.items():
        if len(members):
            return label
    raise UsageError(
        "The label list names every image, so that none is left for validation. Remove some from the list."
    )


def _sort_positions(parts: Sequence[Tensor]) -> tuple[int, ...]:
    return tuple(torch.cat([*parts]).sort().values.tolist())


def _validation_fraction(requested: int | None, total: int) -> float:
    if requested is None:
        return min(VALIDATION_FRACTION, MAX_VALIDATION_IMAGES / total)
    if requested >= total:
        raise UsageError(
            f"{requested} validation images leave none of the {total} images for training. Set data.validation lower."
        )
    return requested / total


def _shuffle_by_label(labels: Tensor, random: StepRandom) -> dict[int, Tensor]:
    """Positions of the images of each label, in random order."""
    shuffled = random.permutation(len(labels))
    grouped = shuffled[labels[shuffled].argsort(stable=True)]
    names, counts = torch.unique(labels, return_counts=True)
    return dict(zip(names.tolist(), torch.split(grouped, counts.tolist()), strict=True))


def _count_labels(
    budget: LabelBudget, images: ImageDataset, rest: Mapping[int, Tensor], random: StepRandom
) -> dict[int, int]:
    """How many images of each class keep their label: equally many, and one more in some classes for a remainder."""
    if not isinstance(budget, int):
        return {label: len(members) for label, members in rest.items()}
    if 0 < budget < len(rest):
        raise UsageError(f"{budget} labels are too few for {len(rest)} classes. Write `--labels {len(rest)}` or more.")
    extra = {list(rest)[i] for i in random.permutation(len(rest)).tolist()[: budget % max(len(rest), 1)]}
    counts = {label: budget // len(rest) + (label in extra) for label in rest}
    _check_supply(budget, counts, rest, images.classes)
    return counts


def _parse_positions(budget: LabelBudget, images: ImageDataset) -> Tensor:
    """The positions (n,) that a label budget lists; none if it is a number or a word.

    Raises:
        UsageError: A position is listed twice, is out of range, or belongs to an image without a label.
    """
    listed = () if budget is None or isinstance(budget, int | str) else budget
    outside = next((position for position in listed if not 0 <= position < len(images)), None)
    if outside is not None:
        raise UsageError(f"The label list names image {outside}; the images are numbered 0 to {len(images) - 1}.")
    positions = torch.tensor(listed, dtype=torch.long)
    without = positions[images.labels[positions] == UNLABELLED]
    if len(without):
        raise UsageError(f"The label list names image {without[0]}, which has no label. Remove it from the list.")
    named, times = torch.unique(positions, return_counts=True)
    if len(named) < len(positions):
        raise UsageError(f"The label list names image {named[times > 1][0]} twice. Name it once.")
    return positions


def _check_supply(budget: int, counts: dict[int, int], rest: Mapping[int, Tensor], classes: tuple[str, ...]) -> None:
    if budget and not rest:
        raise UsageError(f"{budget} labels were requested, but no image has a label. Write `--labels 0`.")
    for label, count in counts.items():
        if count > len(rest[label]):
            most = min(len(members) for members in rest.values()) * len(rest)
            raise UsageError(
                f"{budget} labels need {count} images of each class, but '{classes[label]}' has {len(rest[label])} "
                f"apart from the validation images. Write `--labels {most}` or fewer, or `--labels all`."
            )


def hide_labels(labels: Tensor, split: DataSplit) -> Tensor:
    """Replaces all labels outside of the label budget by -1."""
    visible = torch.full_like(labels, UNLABELLED)
    positions = torch.tensor(split.labelled, dtype=torch.long)
    visible[positions] = labels[positions]
    return visible


HINT = "Write `--labels N`, `--labels all`, or name a file that lists positions, such as the split.json of a run."


def read_label_list(path: Path) -> tuple[int, ...]:
    """Reads the positions, from 0, of the training images whose labels are used.

    Args:
        path: A text file of whole numbers separated by white space, or the split.json of a run ("labelled" is used).

    Raises:
        ZooError: The file does not exist or has other content.
    """
    if not path.is_file():
        raise ZooError(f"The file {path} does not exist. {HINT}")
    try:
        text = path.read_text(encoding="utf-8")
        numbers = json.loads(text)["labelled"] if text.lstrip().startswith("{") else text.split()
        return tuple(int(number) for number in numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZooError(
            f"{path} does not list positions of images: {' '.join(str(error).split())[:100]}. {HINT}"
        ) from error


TEST_FRACTION = 0.1


def draw_test_split(count: int, split: Split) -> Tensor:
    """Sorted positions of the images of a split, if a dataset has no test split: a fixed random tenth is for testing.

    Args:
        count: Number of images.
        split: "train" or "test".
    """
    held_out = torch.zeros(count, dtype=torch.bool)
    held_out[StepRandom(0, 0, "test split").permutation(count)[: round(TEST_FRACTION * count)]] = True
    return torch.nonzero(held_out == (split == "test")).flatten()
