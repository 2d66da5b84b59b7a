"""Which images make up the batch of a step: a function of (seed, step), so that nothing has to be saved."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.split import DataSplit
from zoo_core.data.training_data import TrainingData
from zoo_core.interfaces.distributed import RankInfo
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.settings import TrainSettings


class BatchSampler(Protocol):
    """Says which images make up a batch.

    Attributes:
        group_sizes: How many images of each sort, such as labelled ones, make up a batch, one after the other.
    """

    group_sizes: tuple[int, ...]

    def indices(self, number: int) -> Tensor:
        """Positions of the images of the batch with this number."""


def check_group_sizes(sampler: BatchSampler, rank_info: RankInfo) -> None:
    """Checks that each of several processes gets as many images of each sort as the others.

    Then means over their images are means over the batch, and an image keeps its random numbers.

    Raises:
        UsageError: A batch cannot be divided so.
    """
    if any(size % rank_info.world_size for size in sampler.group_sizes):
        group_sizes = " + ".join(str(size) for size in sampler.group_sizes)
        raise UsageError(
            f"{rank_info.world_size} processes cannot share a batch of {sum(sampler.group_sizes)} images ({group_sizes} of each sort) evenly. "
            f"Choose a `--batch-size` for all of them together of which each part divides by {rank_info.world_size}."
        )


class ShuffledSampler:
    """An endless row of shuffled passes over some images.

    Args:
        pool: Positions of the images.
        seed: Decides the order.
        stream: Keeps the orders of several pools apart.
    """

    def __init__(self, pool: Sequence[int], seed: int, stream: str) -> None:
        self.pool = torch.tensor(pool, dtype=torch.long)
        self.seed = seed
        self.stream = stream
        self._turn = lru_cache(maxsize=2)(self._shuffled)

    def take(self, start: int, count: int) -> Tensor:
        """Positions (count,) of the images that stand at `start` and after it in the row."""
        wanted = torch.arange(start, start + count)
        turns = wanted // max(len(self.pool), 1)
        parts = [self._turn(turn)[wanted[turns == turn] % len(self.pool)] for turn in torch.unique(turns).tolist()]
        return torch.cat(parts) if parts else self.pool[:0]

    def _shuffled(self, turn: int) -> Tensor:
        return self.pool[StepRandom(self.seed, turn, self.stream).permutation(len(self.pool))]


class ClassBalancedBatchSampler:
    """Batches with as many images of each class, in the order of the classes.

    Args:
        split: Which images there are; only labelled ones are used.
        labels: The classes (N,) of all images.
        batch_size: Images in a batch; what does not divide by the number of classes is left out.
        seed: Decides the order.

    Raises:
        UsageError: There are no labels, or fewer places in a batch than classes.
    """

    def __init__(self, split: DataSplit, labels: Tensor, batch_size: int, seed: int) -> None:
        positions = torch.tensor(split.labelled, dtype=torch.long)
        classes = torch.unique(labels[positions]).tolist()
        if not classes:
            raise UsageError("This loss plays classes against each other: it needs labelled images, in sub-folders.")
        self.each = batch_size // len(classes)
        if not self.each:
            raise UsageError(
                f"A batch of {batch_size} cannot hold {len(classes)} classes. Write `--batch-size {len(classes)}`."
            )
        members = {label: positions[labels[positions] == label].tolist() for label in classes}
        self.rows = [ShuffledSampler(pool, seed, f"class {label}") for label, pool in members.items()]
        self.group_sizes = (self.each,) * len(classes)

    def indices(self, number: int) -> Tensor:
        """Positions of the images of the batch with this number, class by class."""
        return torch.cat([row.take(number * self.each, self.each) for row in self.rows])


class SemiSupervisedBatchSampler:
    """Batches with a fixed share of labelled images beside unlabelled ones.

    Labelled images are drawn with replacement, since they are few; unlabelled ones come in shuffled passes. Where there
    are images of one sort only, all of the batch comes in shuffled passes over those.

    Args:
        split: Which images there are.
        batch_size: Images in a batch.
        labelled_fraction: Share of labelled images in a batch.
        seed: Decides the order.

    Raises:
        UsageError: There are fewer images than a batch needs.
    """

    def __init__(self, split: DataSplit, batch_size: int, labelled_fraction: float, seed: int) -> None:
        total = len(split.labelled) + len(split.unlabelled)
        if batch_size > total:
            raise UsageError(
                f"A batch of {batch_size} is larger than the {total} training images. "
                f"Write `--batch-size {total}` or less."
            )
        both = bool(split.labelled and split.unlabelled)
        self.drawn = round(batch_size * labelled_fraction) if both else 0
        self.passed = batch_size - self.drawn
        self.group_sizes: tuple[int, ...] = (self.drawn, self.passed)
        self.labelled = torch.tensor(split.labelled, dtype=torch.long)
        self.row = ShuffledSampler(split.unlabelled or split.labelled, seed, "pass")
        self.seed = seed

    def indices(self, number: int) -> Tensor:
        """Positions (batch_size,) of the images of the batch with this number, the labelled ones first."""
        drawn = StepRandom(self.seed, number, "labelled").integers(0, max(len(self.labelled) - 1, 0), self.drawn)
        return torch.cat([self.labelled[drawn], self.row.take(number * self.passed, self.passed)])


def build_sampler(data: TrainingData, class_balanced: bool, settings: TrainSettings) -> BatchSampler:
    """The sampler that a loss asks for.

    Raises:
        UsageError: The data has too few images or labels for it.
    """
    if class_balanced:
        return ClassBalancedBatchSampler(data.split, data.labels, settings.batch_size, settings.seed)
    return SemiSupervisedBatchSampler(data.split, settings.batch_size, settings.labelled_fraction, settings.seed)
