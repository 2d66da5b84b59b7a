"""The label budget: how many images, or which ones, are trained on with their label."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from registry import UsageError, ZooError
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.randomness import StepRandom

LabelBudget = int | str | Sequence[int] | None
"""Number of images, "all", the positions of the images, or None for the default of the dataset."""

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


def parse_label_list(budget: LabelBudget, images: ImageDataset) -> Tensor:
    """The positions (n,) that a label budget lists; none if it is a number or "all".

    Raises:
        UsageError: A position is listed twice, is out of range, or belongs to an image without a label.
    """
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


def count_labels_per_class(
    budget: LabelBudget, available: Mapping[int, int], classes: Sequence[str], random: StepRandom
) -> dict[int, int]:
    """How many images of each class keep their label: all, or equally many if the label budget is a number.

    If the number is not a multiple of the number of classes, some classes, chosen at random, have one more.

    Args:
        budget: The label budget; not a list of positions.
        available: Number of labelled images of each class, without the validation images.
        classes: Names of the classes.
        random: Chooses the classes that have one more.

    Raises:
        UsageError: There are too few images for the label budget.
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
