"""Randomness that is a function of where one is in a run, never a saved state."""

import hashlib

import torch
from torch import Tensor


class StepRandom:
    """Random numbers of one moment of a run: the same (seed, step, stream) always draws the same.

    Nothing has to be saved to resume exactly (the idea of EDM2, Karras et al. 2024). Inside a training step torch's own
    generator is seeded in the same way, so dropout repeats too.

    Args:
        seed: The run's seed.
        step: Step of the run.
        stream: Keeps apart what is drawn for different purposes in one step, such as "augment" and "game".
        device: Where the numbers are drawn and live.
    """

    def __init__(self, seed: int, step: int, stream: str, device: torch.device | str = "cpu") -> None:
        self.step = step
        self.device = torch.device(device)
        self.entropy = _entropy(seed, step, stream)
        self._generator = torch.Generator(self.device).manual_seed(self.entropy)

    def uniform(self, *shape: int) -> Tensor:
        """Float32 numbers in [0, 1) of this shape."""
        return torch.rand(shape, generator=self._generator, device=self.device)

    def normal(self, *shape: int) -> Tensor:
        """Float32 standard normal numbers of this shape."""
        return torch.randn(shape, generator=self._generator, device=self.device)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Int64 numbers in [low, high], both ends included."""
        return torch.randint(low, high + 1, shape, generator=self._generator, device=self.device)

    def permutation(self, n: int) -> Tensor:
        """The numbers 0 .. n - 1 in random order."""
        return torch.randperm(n, generator=self._generator, device=self.device)


def _entropy(seed: int, step: int, stream: str) -> int:
    """A 63-bit number that changes wholly with each of its parts."""
    digest = hashlib.blake2b(f"{seed}/{step}/{stream}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
