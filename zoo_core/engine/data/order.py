"""Which images make up the batch of a step: a function of (seed, step), so that nothing has to be saved."""

from functools import lru_cache

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.contract.randomness import StepRandom
from zoo_core.engine.data.split import DataSplit


class BatchOrder:
    """Batches with a fixed share of labelled images beside unlabelled ones.

    Labelled images are drawn with replacement, since they are few; unlabelled ones come in shuffled passes. Where there
    are images of one sort only, all of the batch comes in shuffled passes over those.

    Args:
        split: Which images there are.
        batch_size: Images in a batch.
        labelled_share: Share of labelled images in a batch.
        seed: Decides the order.

    Raises:
        UsageError: There are fewer images than a batch needs.
    """

    def __init__(self, split: DataSplit, batch_size: int, labelled_share: float, seed: int) -> None:
        total = len(split.labelled) + len(split.unlabelled)
        if batch_size > total:
            raise UsageError(
                f"A batch of {batch_size} is larger than the {total} training images. "
                f"Write `--batch-size {total}` or less."
            )
        both = bool(split.labelled and split.unlabelled)
        self.drawn = round(batch_size * labelled_share) if both else 0
        self.passed = batch_size - self.drawn
        self.labelled = torch.tensor(split.labelled, dtype=torch.long)
        self.pool = torch.tensor(split.unlabelled or split.labelled, dtype=torch.long)
        self.seed = seed
        self._shuffle = lru_cache(maxsize=2)(self._shuffled_pool)

    def indices(self, number: int) -> Tensor:
        """Positions (batch_size,) of the images of the batch with this number, the labelled ones first."""
        drawn = StepRandom(self.seed, number, "labelled").integers(0, max(len(self.labelled) - 1, 0), self.drawn)
        return torch.cat([self.labelled[drawn], self._pass(number * self.passed)])

    def _pass(self, start: int) -> Tensor:
        """The next `passed` positions of an endless row of shuffled passes over the pool."""
        wanted = torch.arange(start, start + self.passed)
        turns = wanted // len(self.pool)
        parts = [self._shuffle(turn)[wanted[turns == turn] % len(self.pool)] for turn in torch.unique(turns).tolist()]
        return torch.cat(parts) if parts else self.pool[:0]

    def _shuffled_pool(self, turn: int) -> Tensor:
        return self.pool[StepRandom(self.seed, turn, "pass").permutation(len(self.pool))]
