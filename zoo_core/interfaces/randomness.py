"""Random numbers that are a function of seed and step, never saved state."""

import hashlib
from collections.abc import Callable

import torch
from torch import Tensor

from zoo_core.interfaces.distributed import SINGLE_PROCESS, RankInfo


class StepRandom:
    """The random numbers of one step: the same (seed, step, stream) always gives the same numbers.

    A run resumes exactly without saved random state (the idea of EDM2, Karras et al. 2024). In a training step torch's
    own generator is seeded in the same way, so dropout repeats as well.

    Numbers are drawn with one row per image. With several processes, each draws the rows of the complete batch and
    returns those of its own images, so an image gets the same numbers however many processes there are.

    Args:
        seed: The run's seed.
        step: Step of the run.
        stream: Separates numbers for different purposes in one step, such as "augmentation" and "masks".
        device: Device of the numbers.
        rank_info: The process whose rows are returned.

    Examples:
        >>> from zoo_core import StepRandom
        >>> random = StepRandom(seed=0, step=3, stream="masks")
        >>> random.integers(0, 9, 4).tolist() == StepRandom(0, 3, "masks").integers(0, 9, 4).tolist()
        True
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
        digest = hashlib.blake2b(f"{seed}/{step}/{stream}".encode(), digest_size=8).digest()
        self.entropy = int.from_bytes(digest) >> 1  # a seed of 63 bits
        self._generator = torch.Generator(self.device).manual_seed(self.entropy)

    def uniform(self, *shape: int) -> Tensor:
        """Float32 numbers in [0, 1) of this shape, one row per image."""
        return self._draw_local_rows(torch.rand, shape)

    def normal(self, *shape: int) -> Tensor:
        """Float32 standard normal numbers of this shape, one row per image."""
        return self._draw_local_rows(torch.randn, shape)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Int64 numbers in [low, high], both ends included, of this shape, one row per image."""
        return self._draw_local_rows(lambda size, **options: torch.randint(low, high + 1, size, **options), shape)

    def permutation(self, n: int) -> Tensor:
        """The numbers 0 .. n - 1 in random order, the same in every process."""
        return torch.randperm(n, generator=self._generator, device=self.device)

    def _draw_local_rows(self, draw: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        rows, *others = shape
        return self.rank_info.select_local(
            draw((rows * self.rank_info.world_size, *others), generator=self._generator, device=self.device)
        )
