"""Models whose generators have a known output."""

import torch
from tiny_gan import TinyDiscriminator
from torch import Tensor

from zoo_core import Generator, ImageSpec, Model


class ConstantGenerator(Generator):
    """Generates one value everywhere."""

    def __init__(self, spec: ImageSpec, value: float = 1.0) -> None:
        super().__init__(spec)
        self.value = value

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.full_like(images, self.value)


class IdentityGenerator(Generator):
    """Returns its input, so that anything in it that should be hidden is visible in the output."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images


class MeanGenerator(Generator):
    """Generates the mean of the kept pixels, for each image and channel."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        mean = ((1 - masks) * images).sum((2, 3), keepdim=True) / (1 - masks).sum((2, 3), keepdim=True)
        return mean.expand_as(images)


def make_model(
    generator: type[Generator] = ConstantGenerator, channels: int = 3, size: int = 32, **options: float
) -> Model:
    """A model with this generator, which predicts no classes."""
    spec = ImageSpec(channels, size, size)
    return Model(generator(spec, **options), TinyDiscriminator(spec), (), None, torch.device("cpu"), "a test")
