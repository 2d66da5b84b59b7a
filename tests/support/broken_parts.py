"""Components that each break one demand of the contract, and are right in all else."""

from typing import Any

import torch
from torch import Tensor, nn

from zoo_core import Discriminator, Generator, ImageSpec, Logits, StepRandom, UsageError


class Sound(Generator):
    """A sound generator.

    Args:
        spec: Images to make.
        width: Hidden numbers.
    """

    def __init__(self, spec: ImageSpec, *, width: int = 4) -> None:
        super().__init__(spec)
        self.linear = nn.Linear(width, spec.channels * spec.height * spec.width)

    def sample(self, count: int, random: StepRandom) -> Tensor:
        images: Tensor = self.linear(random.normal(count, self.linear.in_features)).tanh()
        return images.view(count, self.spec.channels, self.spec.height, self.spec.width)


class NoGenerator(nn.Module):
    """A sound generator."""


class Undocumented(Sound):
    """A sound generator."""


class NotAnnotated(Sound):
    """A sound generator.

    Args:
        spec: Images to make.
        width: Hidden numbers.
    """

    def __init__(self, spec: ImageSpec, *, width=4) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        super().__init__(spec, width=width)


class Positional(Sound):
    """A sound generator.

    Args:
        spec: Images to make.
        width: Hidden numbers.
    """

    def __init__(self, spec: ImageSpec, width: int = 4) -> None:
        super().__init__(spec, width=width)


class OtherWords(Sound):
    """Something else.

    Args:
        spec: Images to make.
        width: Hidden numbers.
    """


class WrongShape(Sound):
    """A sound generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random)[:, :, ::2]


class OutOfRange(Sound):
    """A sound generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * 3


class Idle(Sound):
    """A sound generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        super().__init__(spec, **options)
        self.unused = nn.Linear(2, 2)


class Moody(Sound):
    """A sound generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * torch.rand(1)


class Incapable(Generator):
    """A sound generator."""


class OnItsOwnDevice(Sound):
    """A sound generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        super().__init__(spec, **options)
        self.scale = nn.Parameter(torch.ones(1, device="cpu"))

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * self.scale.clamp(0, 1)


class Picky(Sound):
    """A sound generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        raise UsageError("not this")


class Anonymous(Discriminator):
    """A sound discriminator."""

    def forward(self, images: Tensor) -> Any:
        return images.mean((2, 3)), None


class Squashed(Discriminator):
    """A sound discriminator."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(images.mean((1, 2, 3)))
