"""Which images are in a batch: a function of seed and number of the batch, so that nothing has to be saved."""

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
    """Chooses the images of a batch.

    Attributes:
        group_sizes: Number of images in each group of a batch, such as labelled and unlabelled ones, in their order.
    """

    group_sizes: tuple[int, ...]

    def indices(self, number: int) -> Tensor:
        """Positions of the images in the batch with this number."""


def check_group_sizes(sampler: BatchSampler, rank_info: RankInfo) -> None:
    """Checks that each group of a batch can be divided equally between the processes.

    Then means over the images of each process are means over the batch, and an image keeps its random numbers.

    Raises:
        UsageError: A group cannot be divided.
    """
    if any(size % rank_info.world_size for size in sampler.group_sizes):
        groups = " + ".join(str(size) for size in sampler.group_sizes)
        raise UsageError(
            f"{rank_info.world_size} processes cannot divide a batch of {sum(sampler.group_sizes)} images ({groups}) "
            "equally. Choose a `--batch-size`, for all processes together, whose groups are multiples of "
            f"{rank_info.world_size}."
        )


class ShuffledSampler:
    """An endless series of epochs over some images, each shuffled anew.

    Args:
        pool: Positions of the images.
        seed: Random seed.
        stream: Separates the random numbers of several pools.
    """

    def __init__(self, pool: Sequence[int], seed: int, stream: str) -> None:
        self.pool = torch.tensor(pool, dtype=torch.long)
        self.seed = seed
        self.stream = stream
        self._epoch = lru_cache(maxsize=2)(self._shuffle)

    def take(self, start: int, count: int) -> Tensor:
        """Positions (count,) of `count` consecutive images of the series, from number `start` on."""
        if not count:
            return self.pool[:0]
        size, stop = len(self.pool), start + count
        epochs = range(start // size, (stop - 1) // size + 1)
        return torch.cat([self._epoch(e)[max(start - e * size, 0) : stop - e * size] for e in epochs])

    def _shuffle(self, epoch: int) -> Tensor:
        return self.pool[StepRandom(self.seed, epoch, self.stream).permutation(len(self.pool))]


class ClassBalancedBatchSampler:
    """Batches with equally many images of each class, sorted by class.

    Args:
        split: Only its labelled images are used.
        labels: The classes (N,) of all images.
        batch_size: Images per batch; a remainder after division by the number of classes is left out.
        seed: Random seed.

    Raises:
        UsageError: There are no labels, or the batch is smaller than the number of classes.
    """

    def __init__(self, split: DataSplit, labels: Tensor, batch_size: int, seed: int) -> None:
        positions = torch.tensor(split.labelled, dtype=torch.long)
        classes = torch.unique(labels[positions]).tolist()
        if not classes:
            raise UsageError("This loss compares classes with each other: it needs labelled images, in sub-folders.")
        self.each = batch_size // len(classes)
        if not self.each:
            raise UsageError(
                f"A batch of {batch_size} images is too small for {len(classes)} classes. "
                f"Write `--batch-size {len(classes)}`."
            )
        members = {label: positions[labels[positions] == label].tolist() for label in classes}
        self.samplers = [ShuffledSampler(pool, seed, f"class {label}") for label, pool in members.items()]
        self.group_sizes = (self.each,) * len(classes)

    def indices(self, number: int) -> Tensor:
        """Positions of the images of the batch with this number, class by class."""
        return torch.cat([sampler.take(number * self.each, self.each) for sampler in self.samplers])


class SemiSupervisedBatchSampler:
    """Batches with a fixed fraction of labelled images, and unlabelled ones.

    Labelled images are drawn with replacement, since they are few; unlabelled ones come in shuffled epochs. If all
    images are labelled, or none, the complete batch comes in shuffled epochs.

    Args:
        split: The images.
        batch_size: Images per batch.
        labelled_fraction: Fraction of labelled images in a batch.
        seed: Random seed.

    Raises:
        UsageError: There are fewer images than a batch has.
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
        self.shuffled = batch_size - self.drawn
        self.group_sizes: tuple[int, ...] = (self.drawn, self.shuffled)
        self.labelled = torch.tensor(split.labelled, dtype=torch.long)
        self.unlabelled = ShuffledSampler(split.unlabelled or split.labelled, seed, "pass")
        self.seed = seed

    def indices(self, number: int) -> Tensor:
        """Positions (batch_size,) of the images in the batch with this number, the labelled ones first."""
        drawn = StepRandom(self.seed, number, "labelled").integers(0, max(len(self.labelled) - 1, 0), self.drawn)
        return torch.cat([self.labelled[drawn], self.unlabelled.take(number * self.shuffled, self.shuffled)])


def build_sampler(data: TrainingData, class_balanced: bool, settings: TrainSettings) -> BatchSampler:
    """The sampler that a loss asks for.

    Raises:
        UsageError: The data has too few images or labels for it.
    """
    if class_balanced:
        return ClassBalancedBatchSampler(data.split, data.labels, settings.batch_size, settings.seed)
    return SemiSupervisedBatchSampler(data.split, settings.batch_size, settings.labelled_fraction, settings.seed)
