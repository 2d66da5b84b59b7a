"""Which images keep their label, which lose it, and which are held out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from zoo_core.contract.dataset import ImageSet
from zoo_core.contract.errors import UsageError
from zoo_core.contract.randomness import StepRandom

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
        return {name: list(positions) for name, positions in asdict(self).items()}


Budget = int | str | Sequence[int] | None


def split_training_images(images: ImageSet, labels: Budget, validation: int | None, seed: int) -> DataSplit:
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
    budget = images.suggested_labels if labels is None else labels
    given = () if budget is None or isinstance(budget, int | str) else _valid_positions(budget, images)
    share = _validation_share(validation, len(images))
    random = StepRandom(seed, 0, "split")
    held_out: list[int] = []
    rest: dict[int, list[int]] = {}
    for label, members in _shuffled_by_label(images.labels, random).items():
        size = round(share * len(members))
        free = [position for position in members if position not in given]
        held_out += free[:size]
        rest[label] = free[size:]
    held_out = held_out or [rest[label].pop() for label in list(rest)[:1]]
    unlabelled = rest.pop(UNLABELLED, [])
    counts = dict.fromkeys(rest, 0) if given else _counts(budget, images, rest, random)
    unlabelled += [position for label, count in counts.items() for position in rest[label][count:]]
    labelled = [*given, *(position for label, count in counts.items() for position in rest[label][:count])]
    return DataSplit(tuple(sorted(labelled)), tuple(sorted(unlabelled)), tuple(sorted(held_out)))


def _validation_share(asked: int | None, total: int) -> float:
    if asked is None:
        return min(USUAL_SHARE, USUAL_AT_MOST / total)
    if asked >= total:
        raise UsageError(f"{asked} validation images leave none of {total} to learn from. Set data.validation lower.")
    return asked / total


def _shuffled_by_label(labels: Tensor, random: StepRandom) -> dict[int, list[int]]:
    """Positions of the images of each label, in random order."""
    members: dict[int, list[int]] = {int(label): [] for label in torch.unique(labels)}
    for position in random.permutation(len(labels)).tolist():
        members[int(labels[position])].append(position)
    return members


def _counts(budget: Budget, images: ImageSet, rest: dict[int, list[int]], random: StepRandom) -> dict[int, int]:
    """How many images of each class keep their label: the same for all, one more for some where it does not divide."""
    if not isinstance(budget, int):
        return {label: len(members) for label, members in rest.items()}
    if 0 < budget < len(rest):
        raise UsageError(f"{budget} labels cannot reach all {len(rest)} classes. Write `--labels {len(rest)}` or more.")
    luckier = {list(rest)[i] for i in random.permutation(len(rest)).tolist()[: budget % max(len(rest), 1)]}
    counts = {label: budget // len(rest) + (label in luckier) for label in rest}
    _check_supply(budget, counts, rest, images.classes)
    return counts


def _valid_positions(given: Sequence[int], images: ImageSet) -> frozenset[int]:
    """The positions of a given budget.

    Raises:
        UsageError: One is named twice, is none of an image, or is that of an image without a label.
    """
    for position in given:
        if not 0 <= position < len(images):
            raise UsageError(f"The label list names image {position}, but there are images 0 to {len(images) - 1}.")
        if images.labels[position] == UNLABELLED:
            raise UsageError(f"The label list names image {position}, which has no label. Leave it out.")
    if len(set(given)) < len(given):
        twice = next(position for position in given if list(given).count(position) > 1)
        raise UsageError(f"The label list names image {twice} twice. Name it once.")
    return frozenset(given)


def _check_supply(budget: int, counts: dict[int, int], rest: dict[int, list[int]], classes: tuple[str, ...]) -> None:
    if budget and not rest:
        raise UsageError(f"{budget} labels were asked for, but no image here has a label. Write `--labels 0`.")
    for label, count in counts.items():
        if count > len(rest[label]):
            most = min(len(members) for members in rest.values()) * len(rest)
            raise UsageError(
                f"{budget} labels need {count} images of each class, but '{classes[label]}' has {len(rest[label])} "
                f"beside the validation images. Write `--labels {most}` or fewer, or `--labels all`."
            )


def granted_labels(labels: Tensor, split: DataSplit) -> Tensor:
    """The labels a run may see: those of the budget, -1 everywhere else."""
    granted = torch.full_like(labels, UNLABELLED)
    positions = torch.tensor(split.labelled, dtype=torch.long)
    granted[positions] = labels[positions]
    return granted
