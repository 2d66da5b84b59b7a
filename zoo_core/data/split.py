"""Splits: which images are labelled, unlabelled, or held out for validation or testing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.label_budget import LabelBudget, count_labels_per_class, parse_label_list
from zoo_core.interfaces.dataset import ImageDataset, Split
from zoo_core.interfaces.randomness import StepRandom

UNLABELLED = -1
VALIDATION_FRACTION, MAX_VALIDATION_IMAGES = 0.1, 2000  # of the training images, by default
TEST_FRACTION = 0.1  # of all images, if a dataset has no test split


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
        return {part.name: list(getattr(self, part.name)) for part in fields(self)}


def split_training_images(images: ImageDataset, labels: LabelBudget, validation: int | None, seed: int) -> DataSplit:
    """Holds out validation images, then draws the labelled ones from the rest, equally many from each class.

    Args:
        images: The training images with all their labels.
        labels: Size of the label budget, "all", the positions of its images (which are never held out), or None for
            the default of the dataset.
        validation: Number of images to hold out, the same fraction of each class; a tenth, at most 2,000, if None.
        seed: Random seed.

    Raises:
        UsageError: There are too few images for validation or for the label budget.

    Example:
        >>> from zoo_core import DatasetRequest, digits
        >>> split = split_training_images(digits(DatasetRequest("train")), labels=50, validation=None, seed=0)
        >>> len(split.labelled), len(split.unlabelled), len(split.validation)
        (50, 1117, 130)
    """
    total = len(images)
    budget = images.default_labels if labels is None else labels
    listed = parse_label_list(budget, images)
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
    label_counts = {} if len(listed) else count_labels_per_class(budget, available, images.classes, random)
    drawn = [remaining[label][:count] for label, count in label_counts.items()]
    is_labelled = _mark(torch.cat([listed, *drawn]), total)

    parts = is_labelled, ~(is_labelled | is_validation), is_validation
    return DataSplit(*(tuple(torch.nonzero(part).flatten().tolist()) for part in parts))


def draw_test_split(count: int, split: Split) -> Tensor:
    """Sorted positions of the images of a split, for a dataset without a test split: a random tenth is for testing.

    The test images are the same in every run.

    Args:
        count: Number of images.
        split: "train" or "test".
    """
    is_test = _mark(StepRandom(0, 0, "test split").permutation(count)[: round(TEST_FRACTION * count)], count)
    return torch.nonzero(is_test == (split == "test")).flatten()


def hide_labels(labels: Tensor, split: DataSplit) -> Tensor:
    """Replaces all labels outside the label budget by -1.

    Example:
        >>> hide_labels(torch.tensor([3, 1, 2]), DataSplit(labelled=(1,), unlabelled=(0,), validation=(2,)))
        tensor([-1,  1, -1])
    """
    return labels.where(_mark(torch.tensor(split.labelled, dtype=torch.long), len(labels)), UNLABELLED)


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
