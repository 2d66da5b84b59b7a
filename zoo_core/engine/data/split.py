"""Which images keep their label, which lose it, and which are held out."""

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

    def as_dict(self) -> dict[str, list[int]]:
        """Plain lists, for split.json."""
        return {name: list(positions) for name, positions in asdict(self).items()}


def split_training_images(images: ImageSet, labels: int | str | None, validation: int | None, seed: int) -> DataSplit:
    """Holds out validation images, then grants labels to a class-balanced draw from the rest.

    Args:
        images: The training images with all labels there are.
        labels: Size of the label budget; "all", or None for what is usual for this data.
        validation: How many images to hold out, the same share of each class; a tenth, at most 2,000, where None.
        seed: Decides the draw.

    Raises:
        UsageError: More images are to be held out than there are, or the budget cannot be filled.
    """
    share = _validation_share(validation, len(images))
    random = StepRandom(seed, 0, "split")
    held_out: list[int] = []
    rest: dict[int, list[int]] = {}
    for label, members in _shuffled_by_label(images.labels, random).items():
        size = round(share * len(members))
        held_out += members[:size]
        rest[label] = members[size:]
    held_out = held_out or [rest[label].pop() for label in list(rest)[:1]]
    unlabelled = rest.pop(UNLABELLED, [])
    for label, count in _budget(labels, images, rest, random).items():
        unlabelled += rest[label][count:]
        rest[label] = rest[label][:count]
    labelled = [position for members in rest.values() for position in members]
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


def _budget(
    labels: int | str | None, images: ImageSet, rest: dict[int, list[int]], random: StepRandom
) -> dict[int, int]:
    """How many images of each class keep their label: the same for all, one more for some where it does not divide."""
    budget = images.suggested_labels if labels is None else labels
    if budget == "all" or budget is None:
        return {label: len(members) for label, members in rest.items()}
    if 0 < int(budget) < len(rest):
        raise UsageError(f"{budget} labels cannot reach all {len(rest)} classes. Write `--labels {len(rest)}` or more.")
    luckier = {list(rest)[i] for i in random.permutation(len(rest)).tolist()[: int(budget) % max(len(rest), 1)]}
    counts = {label: int(budget) // len(rest) + (label in luckier) for label in rest}
    _check_supply(int(budget), counts, rest, images.classes)
    return counts


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
