"""Batches of training images: samplers choose the images of each, and the next one is read ahead.

A batch is a function of the seed and its number, so that nothing has to be saved.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.split import DataSplit
from zoo_core.data.training_data import TrainingData
from zoo_core.interfaces.distributed import RankInfo
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.settings import TrainSettings


class SemiSupervisedBatchSampler:
    """Batches with a fixed fraction of labelled images; the others are unlabelled.

    Labelled images are drawn with replacement, since they are few; unlabelled ones come in shuffled epochs. If all
    images are labelled, or none, the complete batch comes in shuffled epochs.

    Args:
        split: The images.
        batch_size: Images per batch.
        labelled_fraction: Fraction of labelled images in a batch.
        seed: Random seed.

    Raises:
        UsageError: There are fewer images than a batch has.

    Examples:
        >>> split = DataSplit(labelled=(0, 1), unlabelled=(2, 3, 4, 5, 6, 7), validation=(8,))
        >>> SemiSupervisedBatchSampler(split, batch_size=4, labelled_fraction=0.25, seed=0).group_sizes
        (1, 3)
    """

    def __init__(self, split: DataSplit, batch_size: int, labelled_fraction: float, seed: int) -> None:
        total = len(split.labelled) + len(split.unlabelled)
        if batch_size > total:
            raise UsageError(
                f"A batch of {batch_size} is larger than the {total} training images. "
                f"Write `--batch-size {total}` or less."
            )
        has_both = bool(split.labelled and split.unlabelled)
        self.drawn_count = round(batch_size * labelled_fraction) if has_both else 0
        self.shuffled_count = batch_size - self.drawn_count
        self.group_sizes: tuple[int, ...] = (self.drawn_count, self.shuffled_count)
        self.labelled = torch.tensor(split.labelled, dtype=torch.long)
        self.shuffled = ShuffledSampler(split.unlabelled or split.labelled, seed, "pass")
        self.seed = seed

    def sample_indices(self, number: int) -> Tensor:
        """Positions (batch_size,) of the images in the batch with this number, the labelled ones first."""
        random = StepRandom(self.seed, number, "labelled")
        drawn = self.labelled[random.integers(0, max(len(self.labelled) - 1, 0), self.drawn_count)]
        return torch.cat([drawn, self.shuffled.take(number * self.shuffled_count, self.shuffled_count)])


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
        self.count_per_class = batch_size // len(classes)
        if not self.count_per_class:
            raise UsageError(
                f"A batch of {batch_size} images is too small for {len(classes)} classes. "
                f"Write `--batch-size {len(classes)}`."
            )
        members = {label: positions[labels[positions] == label].tolist() for label in classes}
        self.samplers = [ShuffledSampler(pool, seed, f"class {label}") for label, pool in members.items()]
        self.group_sizes = (self.count_per_class,) * len(classes)

    def sample_indices(self, number: int) -> Tensor:
        """Positions of the images in the batch with this number, class by class."""
        count = self.count_per_class
        return torch.cat([sampler.take(number * count, count) for sampler in self.samplers])


class ShuffledSampler:
    """An endless sequence of epochs over some images, each in its own random order.

    Args:
        pool: Positions of the images.
        seed: Random seed.
        stream: Separates the random numbers of several pools.
    """

    def __init__(self, pool: Sequence[int], seed: int, stream: str) -> None:
        self.pool = torch.tensor(pool, dtype=torch.long)
        self.seed = seed
        self.stream = stream
        self._get_epoch = lru_cache(maxsize=2)(self._shuffle)

    def take(self, start: int, count: int) -> Tensor:
        """Positions (count,) of `count` consecutive images of the sequence, from number `start` on."""
        parts = [self.pool[:0]]
        while count > 0:
            epoch, offset = divmod(start, len(self.pool))
            part = self._get_epoch(epoch)[offset : offset + count]
            parts.append(part)
            start += len(part)
            count -= len(part)
        return torch.cat(parts)

    def _shuffle(self, epoch: int) -> Tensor:
        return self.pool[StepRandom(self.seed, epoch, self.stream).permutation(len(self.pool))]


BatchSampler = SemiSupervisedBatchSampler | ClassBalancedBatchSampler
"""Each has the number of images in every group of a batch, such as labelled and unlabelled ones, as `group_sizes`."""


def build_sampler(data: TrainingData, class_balanced: bool, settings: TrainSettings) -> BatchSampler:
    """Builds the sampler that a loss needs."""
    if class_balanced:
        return ClassBalancedBatchSampler(data.split, data.labels, settings.batch_size, settings.seed)
    return SemiSupervisedBatchSampler(data.split, settings.batch_size, settings.labelled_fraction, settings.seed)


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


class Prefetcher:
    """Reads batches by number, and prefetches the next one in a thread; the batches are the same as without.

    The thread ends after one batch, so nothing has to be closed. An error in it is raised when its batch is requested.
    """

    def __init__(self, read: Callable[[int], tuple[Tensor, Tensor]]) -> None:
        self.read = read
        self.prefetched: tuple[int, Future[tuple[Tensor, Tensor]]] | None = None

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        """Returns the pixels and labels of the batch with this number."""
        prefetched, self.prefetched = self.prefetched, None
        batch = prefetched[1].result() if prefetched and prefetched[0] == number else self.read(number)
        pool = ThreadPoolExecutor(1, "prefetch")
        self.prefetched = number + 1, pool.submit(self.read, number + 1)
        pool.shutdown(wait=False)
        return batch
