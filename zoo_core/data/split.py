"""Which images keep their label, which lose it, and which are held out."""

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
USUAL_SHARE, USUAL_AT_MOST = 0.1, 2000  # of images held out for validation


@dataclass(frozen=True)
class DataSplit:
    """Positions in a data set's training images.

    Attributes:
        labelled: Those whose label may be learnt from.
        unlabelled: Those that are learnt from without a label.
        validation: Those that are never learnt from.
    """

    labelled: tuple[int, ...]
    unlabelled: tuple[int, ...]
    validation: tuple[int, ...]

    @staticmethod
    def from_dict(parts: Mapping[str, Sequence[int]]) -> "DataSplit":
        """From what split.json holds."""
        return DataSplit(*(tuple(parts[name]) for name in ("labelled", "unlabelled", "validation")))

    def as_dict(self) -> dict[str, list[int]]:
        """Plain lists, for split.json."""
        return {part.name: list(getattr(self, part.name)) for part in fields(self)}


LabelBudget = int | str | Sequence[int] | None


def split_training_images(images: ImageDataset, labels: LabelBudget, validation: int | None, seed: int) -> DataSplit:
    """Holds out validation images, then grants labels to a class-balanced draw from the rest, or to those given.

    Args:
        images: The training images with all labels there are.
        labels: Size of the label budget, "all", the positions it consists of (these are never held out), or None for
            what is usual for this data.
        validation: How many images to hold out, the same share of each class; a tenth, at most 2,000, where None.
        seed: Decides the draw.

    Raises:
        UsageError: More images are to be held out than there are, or the budget cannot be filled.
    """
    budget = images.default_labels if labels is None else labels
    given = _given_positions(budget, images)
    share = _validation_share(validation, len(images))
    random = StepRandom(seed, 0, "split")
    free = torch.ones(len(images), dtype=torch.bool)
    free[given] = False
    held_out: list[Tensor] = []
    rest: dict[int, Tensor] = {}
    for label, members in _shuffled_by_label(images.labels, random).items():
        size, spare = round(share * len(members)), members[free[members]]
        held_out.append(spare[:size])
        rest[label] = spare[size:]
    if not any(map(len, held_out)):
        held_out.append(_one_of(rest))
    unlabelled = [rest.pop(UNLABELLED, given[:0])]
    counts = dict.fromkeys(rest, 0) if len(given) else _counts(budget, images, rest, random)
    unlabelled += [rest[label][count:] for label, count in counts.items()]
    labelled = [given, *(rest[label][:count] for label, count in counts.items())]
    return DataSplit(*(_ascending(parts) for parts in (labelled, unlabelled, held_out)))


def _one_of(rest: dict[int, Tensor]) -> Tensor:
    """Takes one image (1,) of the first label that has any, for validation."""
    label = next((label for label, members in rest.items() if len(members)), None)
    if label is None:
        raise UsageError("The label list names every image, and none is left to hold out. Leave some out of the list.")
    last, rest[label] = rest[label][-1:], rest[label][:-1]
    return last


def _ascending(parts: Sequence[Tensor]) -> tuple[int, ...]:
    return tuple(torch.cat([*parts]).sort().values.tolist())


def _validation_share(asked: int | None, total: int) -> float:
    if asked is None:
        return min(USUAL_SHARE, USUAL_AT_MOST / total)
    if asked >= total:
        raise UsageError(f"{asked} validation images leave none of {total} to learn from. Set data.validation lower.")
    return asked / total


def _shuffled_by_label(labels: Tensor, random: StepRandom) -> dict[int, Tensor]:
    """Positions of the images of each label, in random order."""
    shuffled = random.permutation(len(labels))
    grouped = shuffled[labels[shuffled].argsort(stable=True)]
    names, counts = torch.unique(labels, return_counts=True)
    return dict(zip(names.tolist(), torch.split(grouped, counts.tolist()), strict=True))


def _counts(budget: LabelBudget, images: ImageDataset, rest: dict[int, Tensor], random: StepRandom) -> dict[int, int]:
    """How many images of each class keep their label: the same for all, one more for some where it does not divide."""
    if not isinstance(budget, int):
        return {label: len(members) for label, members in rest.items()}
    if 0 < budget < len(rest):
        raise UsageError(f"{budget} labels cannot reach all {len(rest)} classes. Write `--labels {len(rest)}` or more.")
    luckier = {list(rest)[i] for i in random.permutation(len(rest)).tolist()[: budget % max(len(rest), 1)]}
    counts = {label: budget // len(rest) + (label in luckier) for label in rest}
    _check_supply(budget, counts, rest, images.classes)
    return counts


def _given_positions(budget: LabelBudget, images: ImageDataset) -> Tensor:
    """The positions that a budget consists of, (n,); none where it is a number or a word.

    Raises:
        UsageError: One is named twice, is none of an image, or is that of an image without a label.
    """
    listed = () if budget is None or isinstance(budget, int | str) else budget
    outside = next((position for position in listed if not 0 <= position < len(images)), None)
    if outside is not None:
        raise UsageError(f"The label list names image {outside}, but there are images 0 to {len(images) - 1}.")
    given = torch.tensor(listed, dtype=torch.long)
    without = given[images.labels[given] == UNLABELLED]
    if len(without):
        raise UsageError(f"The label list names image {without[0]}, which has no label. Leave it out.")
    named, times = torch.unique(given, return_counts=True)
    if len(named) < len(given):
        raise UsageError(f"The label list names image {named[times > 1][0]} twice. Name it once.")
    return given


def _check_supply(budget: int, counts: dict[int, int], rest: dict[int, Tensor], classes: tuple[str, ...]) -> None:
    if budget and not rest:
        raise UsageError(f"{budget} labels were asked for, but no image here has a label. Write `--labels 0`.")
    for label, count in counts.items():
        if count > len(rest[label]):
            most = min(len(members) for members in rest.values()) * len(rest)
            raise UsageError(
                f"{budget} labels need {count} images of each class, but '{classes[label]}' has {len(rest[label])} "
                f"beside the validation images. Write `--labels {most}` or fewer, or `--labels all`."
            )


def hide_labels(labels: Tensor, split: DataSplit) -> Tensor:
    """The labels a run may see: those of the budget, -1 everywhere else."""
    granted = torch.full_like(labels, UNLABELLED)
    positions = torch.tensor(split.labelled, dtype=torch.long)
    granted[positions] = labels[positions]
    return granted


HOW = "Write `--labels N`, `--labels all`, or name a file that lists positions, such as the split.json of a run."


def read_label_list(path: Path) -> tuple[int, ...]:
    """Positions in the training images, from 0, whose labels may be seen.

    Args:
        path: A text file of whole numbers between white space, or the split.json of a run, whose "labelled" is taken.

    Raises:
        ZooError: There is no such file, or it holds something else.
    """
    if not path.is_file():
        raise ZooError(f"There is no file {path}. {HOW}")
    try:
        text = path.read_text(encoding="utf-8")
        numbers = json.loads(text)["labelled"] if text.lstrip().startswith("{") else text.split()
        return tuple(int(number) for number in numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZooError(f"{path} lists no positions of images: {' '.join(str(error).split())[:100]}. {HOW}") from error


TEST_SHARE = 0.1


def draw_test_split(count: int, split: Split) -> Tensor:
    """Ascending positions of the images of a split: a tenth drawn once and for all is for test, the rest for training.

    Args:
        count: How many images there are.
        split: "train" or "test".
    """
    held_out = torch.zeros(count, dtype=torch.bool)
    held_out[StepRandom(0, 0, "test split").permutation(count)[: round(TEST_SHARE * count)]] = True
    return torch.nonzero(held_out == (split == "test")).flatten()
