"""What a component can do. Commands and losses require a capability, never a particular class.

A capability is a protocol: a class has it if it has the methods, without inheriting from the protocol.
"""

from typing import Protocol, runtime_checkable

from torch import Tensor

from zoo_core.interfaces.randomness import StepRandom


@runtime_checkable
class Inpainter(Protocol):
    """A generator that fills holes in images.

    Examples:
        >>> from ccgan_plugin import MaskedAutoencoder
        >>> from zoo_core import Inpainter
        >>> issubclass(MaskedAutoencoder, Inpainter)
        True
    """

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Generates complete images from the surroundings of the holes.

        Args:
            images: (N, C, H, W) in [-1, 1].
            masks: (N, 1, H, W), 1 where pixels are missing, 0 where they are kept.

        Returns:
            x_G, (N, C, H, W) in [-1, 1]. Use `composite` to keep the pixels outside the holes.
        """


@runtime_checkable
class MaskSampler(Protocol):
    """A loss that draws the masks with which it trains.

    Examples:
        >>> from ccgan_plugin import RecAdvAux
        >>> from zoo_core import MaskSampler
        >>> issubclass(RecAdvAux, MaskSampler)
        True
    """

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws one mask per image: (N, 1, H, W), 1 where pixels are missing."""


@runtime_checkable
class SizedMaskSampler(MaskSampler, Protocol):
    """A loss that can also draw smaller or larger masks than those with which it trains.

    Examples:
        >>> from ccgan_plugin import RecAdvAux
        >>> from zoo_core import SizedMaskSampler
        >>> issubclass(RecAdvAux, SizedMaskSampler)
        True
    """

    def sample_sized_masks(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
        """Draws one mask per image: (N, 1, H, W), 1 where pixels are missing.

        The size is the side of the hole, as a fraction of the images' shorter side.
        """


@runtime_checkable
class Classifier(Protocol):
    """A discriminator that predicts classes.

    Examples:
        >>> from ccgan_plugin import DualHeadPatchGAN
        >>> from zoo_core import Classifier
        >>> issubclass(DualHeadPatchGAN, Classifier)
        True
    """

    def classify(self, images: Tensor) -> Tensor:
        """Predicts class logits (N, K) for images (N, C, H, W) in [-1, 1]."""


@runtime_checkable
class RotationClassifier(Protocol):
    """A discriminator that predicts by how many quarter turns an image was rotated.

    Examples:
        >>> from ccgan_plugin import DualHeadPatchGAN
        >>> from zoo_core import RotationClassifier
        >>> issubclass(DualHeadPatchGAN, RotationClassifier)
        True
    """

    def classify_rotation(self, images: Tensor) -> Tensor:
        """Predicts logits (N, 4) for 0 to 3 counterclockwise quarter turns of images (N, C, H, W) in [-1, 1]."""


@runtime_checkable
class Sampler(Protocol):
    """A generator that generates images from noise alone.

    Examples:
        >>> from zoo_core import Generator, Sampler
        >>> class Noise(Generator):
        ...     def sample(self, count, random):
        ...         return random.normal(count, self.spec.channels, self.spec.height, self.spec.width).tanh()
        >>> issubclass(Noise, Sampler)
        True
    """

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Generates `count` images (count, C, H, W) in [-1, 1]."""


@runtime_checkable
class ClassSampler(Protocol):
    """A class-conditional generator.

    Examples:
        >>> from zoo_core import ClassSampler, Generator
        >>> class GreyLevels(Generator):
        ...     def sample_classes(self, labels, random):
        ...         return (labels / self.spec.classes).view(-1, 1, 1, 1).expand(-1, 1, 32, 32)
        >>> issubclass(GreyLevels, ClassSampler)
        True
    """

    def sample_classes(self, labels: Tensor, random: StepRandom) -> Tensor:
        """Generates one image (N, C, H, W) in [-1, 1] for each of the classes (N,)."""


@runtime_checkable
class Translator(Protocol):
    """A generator that translates images of one class into images of another.

    Examples:
        >>> from zoo_core import Generator, Translator
        >>> class Negative(Generator):
        ...     def translate(self, images, labels):
        ...         return -images
        >>> issubclass(Negative, Translator)
        True
    """

    def translate(self, images: Tensor, labels: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] of the classes (N,) into images of the other class."""


def composite(images: Tensor, masks: Tensor, filled: Tensor) -> Tensor:
    """Computes the in-painted images x_I = (1 - mask) * x + mask * x_G, as in Denton et al. 2016.

    Args:
        images: x, (N, C, H, W).
        masks: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W).

    Examples:
        >>> import torch
        >>> from zoo_core import composite
        >>> masks = torch.tensor([[[[0.0, 1.0]]]])
        >>> composite(torch.zeros(1, 1, 1, 2), masks, torch.full((1, 1, 1, 2), 5.0))
        tensor([[[[0., 5.]]]])
    """
    return (1 - masks) * images + masks * filled
