"""Splits: which images are labelled, unlabelled, or held out for validation or testing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.interfaces.dataset import ImageDataset, Split
from zoo_core.interfaces.randomness import StepRandom

UNLABELLED = -1
VALIDATION_FRACTION, MAX_VALIDATION_IMAGES = 0.1, 2000  # of the training images, by default
TEST_FRACTION = 0.1  # of all images, if a dataset has no test split

LabelBudget = int | str | Sequence[int] | None
"""How many images, or which ones, are trained on with their label: their number, "all", their positions, or None for
the default of the dataset."""


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
        """Creates a split from the content of split.json."""
        return DataSplit(*(tuple(parts[name]) for name in ("labelled", "unlabelled", "validation")))

    def as_dict(self) -> dict[str, list[int]]:
        """Plain lists, for split.json."""
        return {name: list(part) for name, part in vars(self).items()}


def read_label_list(path: Path) -> tuple[int, ...]:
    """Reads the positions, from 0, of the training images whose labels are used.

    Args:
        path: A text file of whole numbers separated by white space, or the split.json of a run ("labelled" is used).

    Raises:
        ZooError: The file does not exist or has other content.
    """
    hint = "Write `--labels N`, `--labels all`, or name a file that lists positions, such as the split.json of a run."
    if not path.is_file():
        raise ZooError(f"The file {path} does not exist. {hint}")
    try:
        text = path.read_text(encoding="utf-8")
        numbers = json.loads(text)["labelled"] if text.lstrip().startswith("{") else text.split()
        return tuple(int(number) for number in numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())[:100]
        raise ZooError(f"{path} does not list positions of images: {reason}. {hint}") from error


def split_training_images(images: ImageDataset, labels: LabelBudget, validation: int | None, seed: int) -> DataSplit:
    """Holds out validation images, then draws the labelled ones from the rest, equally many from each class.

    `TrainingData` describes the arguments. Images of a label list are never held out.

    Raises:
        UsageError: There are too few images for validation or for the label budget.
    """
    total = len(images)
    budget = images.default_labels if labels is None else labels
    listed = _parse_label_list(budget, images)
    fraction = _compute_validation_fraction(validation, total)
    random = StepRandom(seed, 0, "split")

    shuffled = _shuffle_by_label(images.labels, random)
    is_listed = _mark(listed, total)
    candidates = {label: positions[~is_listed[positions]] for label, positions in shuffled.items()}
    validation_counts = {label: round(fraction * len(positions)) for label, positions in shuffled.items()}
    is_validation = _mark(_choose_validation_images(candidates, validation_counts), total)

    candidates.pop(UNLABELLED, None)  # these may be held out, but have no label to use
    remaining = {label: positions[~is_validation[positions]] for label, positions in candidates.items()}
    available = {label: len(positions) for label, positions in remaining.items()}
    label_counts = {} if len(listed) else _count_labels_per_class(budget, available, images.classes, random)
    drawn = [remaining[label][:count] for label, count in label_counts.items()]
    is_labelled = _mark(torch.cat([listed, *drawn]), total)

    parts = is_labelled, ~(is_labelled | is_validation), is_validation
    return DataSplit(*(tuple(torch.nonzero(part).flatten().tolist()) for part in parts))


def draw_test_split(count: int, split: Split) -> Tensor:
    """Sorted positions of the images of a split, for a dataset without a test split: a random tenth is for testing.

    The test images are the same in every run.
    """
    is_test = _mark(StepRandom(0, 0, "test split").permutation(count)[: round(TEST_FRACTION * count)], count)
    return torch.nonzero(is_test == (split == "test")).flatten()


def hide_labels(labels: Tensor, split: DataSplit) -> Tensor:
    """Replaces all labels outside the label budget by -1."""
    return labels.where(_mark(torch.tensor(split.labelled, dtype=torch.long), len(labels)), UNLABELLED)


def _parse_label_list(budget: LabelBudget, images: ImageDataset) -> Tensor:
    """The positions (n,) that a label budget lists; none if it is a number or "all"."""
    listed = () if budget is None or isinstance(budget, int | str) else budget
    for position in listed:
        if not 0 <= position < len(images):
            raise UsageError(f"The label list names image {position}; the images are numbered 0 to {len(images) - 1}.")
    positions = torch.tensor(listed, dtype=torch.long)
    unlabelled = positions[images.labels[positions] < 0]
    if len(unlabelled):
        raise UsageError(f"The label list names image {unlabelled[0]}, which has no label. Remove it from the list.")
    distinct, counts = torch.unique(positions, return_counts=True)
    if len(distinct) < len(positions):
        raise UsageError(f"The label list names image {distinct[counts > 1][0]} twice. Name it once.")
    return positions


def _count_labels_per_class(
    budget: LabelBudget, available: Mapping[int, int], classes: Sequence[str], random: StepRandom
) -> dict[int, int]:
    """How many images of each class keep their label: all, or equally many if the label budget is a number.

    If the number is not a multiple of the number of classes, some classes, chosen at random, have one more.
    """
    if not isinstance(budget, int):
        return dict(available)
    if budget and not available:
        raise UsageError(f"{budget} labels were requested, but no image has a label. Write `--labels 0`.")
    if 0 < budget < len(available):
        minimum = len(available)
        raise UsageError(f"{budget} labels are too few for {minimum} classes. Write `--labels {minimum}` or more.")
    per_class, remainder = divmod(budget, max(len(available), 1))
    with_extra = set(random.permutation(len(available))[:remainder].tolist())
    counts = {label: per_class + (number in with_extra) for number, label in enumerate(available)}
    for label, count in counts.items():
        if count > available[label]:
            raise UsageError(
                f"{budget} labels need {count} images of each class, but '{classes[label]}' has {available[label]} "
                f"apart from the validation images. Write `--labels {min(available.values()) * len(available)}` or "
                "fewer, or `--labels all`."
            )
    return counts


def _compute_validation_fraction(requested: int | None, total: int) -> float:
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
    values, counts = torch.unique(labels, return_counts=True)
    return dict(zip(values.tolist(), torch.split(grouped, counts.tolist()), strict=True))


def _choose_validation_images(candidates: Mapping[int, Tensor], counts: Mapping[int, int]) -> Tensor:
    """Positions of the first `counts[label]` candidates of each label, or of a single one if all counts are 0."""
    chosen = torch.cat([positions[: counts[label]] for label, positions in candidates.items()])
    if len(chosen):
        return chosen
    for positions in candidates.values():
        if len(positions):
            return positions[-1:]
    raise UsageError(
        "The label list names every image, so that none is left for validation. Remove some from the list."
    )


def _mark(positions: Tensor, total: int) -> Tensor:
    """A boolean tensor (total,) that is True at these positions."""
    return torch.zeros(total, dtype=torch.bool).index_fill(0, positions, True)
