"""Components that each break one requirement of the plugin contract and meet all others."""

from typing import Any

import torch
from torch import Tensor, nn

from zoo_core import Discriminator, Generator, ImageSpec, Logits, StepRandom, UsageError


class ValidGenerator(Generator):
    """A valid generator.

    Args:
        spec: Channels and size of the images.
        width: Length of the noise vector.
    """

    def __init__(self, spec: ImageSpec, *, width: int = 4) -> None:
        super().__init__(spec)
        self.linear = nn.Linear(width, spec.channels * spec.height * spec.width)

    def sample(self, count: int, random: StepRandom) -> Tensor:
        images: Tensor = self.linear(random.normal(count, self.linear.in_features)).tanh()
        return images.view(count, self.spec.channels, self.spec.height, self.spec.width)


class NotAGenerator(nn.Module):
    """A valid generator."""


class WithoutArgsSection(ValidGenerator):
    """A valid generator."""


class WithoutAnnotation(ValidGenerator):
    """A valid generator.

    Args:
        spec: Channels and size of the images.
        width: Length of the noise vector.
    """

    def __init__(self, spec: ImageSpec, *, width=4) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        super().__init__(spec, width=width)


class PositionalOption(ValidGenerator):
    """A valid generator.

    Args:
        spec: Channels and size of the images.
        width: Length of the noise vector.
    """

    def __init__(self, spec: ImageSpec, width: int = 4) -> None:
        super().__init__(spec, width=width)


class OtherSummary(ValidGenerator):
    """Something else.

    Args:
        spec: Channels and size of the images.
        width: Length of the noise vector.
    """


class WrongImageShape(ValidGenerator):
    """A valid generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random)[:, :, ::2]


class OutOfRange(ValidGenerator):
    """A valid generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * 3


class UnusedLayer(ValidGenerator):
    """A valid generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        super().__init__(spec, **options)
        self.unused = nn.Linear(2, 2)


class GlobalRandomness(ValidGenerator):
    """A valid generator."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * torch.rand(1)


class WithoutCapability(Generator):
    """A valid generator."""


class FixedDevice(ValidGenerator):
    """A valid generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        super().__init__(spec, **options)
        self.scale = nn.Parameter(torch.ones(1, device="cpu"))

    def sample(self, count: int, random: StepRandom) -> Tensor:
        return super().sample(count, random) * self.scale.clamp(0, 1)


class RefusesAllSpecs(ValidGenerator):
    """A valid generator."""

    def __init__(self, spec: ImageSpec, **options: Any) -> None:
        raise UsageError("not this")


class ReturnsTuple(Discriminator):
    """A valid discriminator."""

    def forward(self, images: Tensor) -> Any:
        return images.mean((2, 3)), None


class WrongLogitShape(Discriminator):
    """A valid discriminator."""

    def forward(self, images: Tensor) -> Logits:
        return Logits(images.mean((1, 2, 3)))
