"""Randomness that is a function of where one is in a run, never a saved state."""

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor

from zoo_core.interfaces.distributed import SINGLE_PROCESS, RankInfo


class StepRandom:
    """Random numbers of one moment of a run: the same (seed, step, stream) always draws the same.

    Nothing has to be saved to resume exactly (the idea of EDM2, Karras et al. 2024). Inside a training step torch's own
    generator is seeded in the same way, so dropout repeats too.

    What is drawn in a step has a row for each image. Where several processes share a batch, each draws the rows of all
    images and is given those of its own: an image meets the same numbers however many processes there are.

    Args:
        seed: The run's seed.
        step: Step of the run.
        stream: Keeps apart what is drawn for different purposes in one step, such as "augment" and "game".
        device: Where the numbers are drawn and live.
        rank_info: Whose rows are given.
    """

    def __init__(
        self,
        seed: int,
        step: int,
        stream: str,
        device: torch.device | str = "cpu",
        rank_info: RankInfo = SINGLE_PROCESS,
    ) -> None:
        self.step = step
        self.device = torch.device(device)
        self.rank_info = rank_info
        self.entropy = _entropy(seed, step, stream)
        self._generator = torch.Generator(self.device).manual_seed(self.entropy)

    def uniform(self, *shape: int) -> Tensor:
        """Float32 numbers in [0, 1) of this shape, a row for each image."""
        return self._own_rows(torch.rand, shape)

    def normal(self, *shape: int) -> Tensor:
        """Float32 standard normal numbers of this shape, a row for each image."""
        return self._own_rows(torch.randn, shape)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Int64 numbers in [low, high], both ends included, of this shape, a row for each image."""
        return self._own_rows(lambda size, **where: torch.randint(low, high + 1, size, **where), shape)

    def permutation(self, n: int) -> Tensor:
        """The numbers 0 .. n - 1 in random order, the same in every process."""
        return torch.randperm(n, generator=self._generator, device=self.device)

    def _own_rows(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        rows, *others = shape
        return self.rank_info.select_local(
            draw((rows * self.rank_info.world_size, *others), generator=self._generator, device=self.device)
        )


def _entropy(seed: int, step: int, stream: str) -> int:
    """A 63-bit number that changes wholly with each of its parts."""
    digest = hashlib.blake2b(f"{seed}/{step}/{stream}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
