"""Models whose generators draw something that is known beforehand."""

import torch
from tiny_gan import TinyDiscriminator
from torch import Tensor

from zoo_core import Generator, ImageSpec
from zoo_core.inference.model import Model


class Painter(Generator):
    """Draws one value everywhere."""

    def __init__(self, spec: ImageSpec, value: float = 1.0) -> None:
        super().__init__(spec)
        self.value = value

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return torch.full_like(images, self.value)


class Mirror(Generator):
    """Draws what it is shown, so that whatever it should not see would show."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images


class MeanOfKept(Generator):
    """Draws the mean of what is kept, for each image and channel."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        mean = ((1 - masks) * images).sum((2, 3), keepdim=True) / (1 - masks).sum((2, 3), keepdim=True)
        return mean.expand_as(images)


def model(generator: type[Generator] = Painter, channels: int = 3, size: int = 32, **options: float) -> Model:
    """A model with this generator; its discriminator tells nothing."""
    spec = ImageSpec(channels, size, size)
    return Model(generator(spec, **options), TinyDiscriminator(spec), (), None, torch.device("cpu"), "a test")
