"""What a component may be able to do. Commands and losses ask for a capability, never for a certain class."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from zoo_core.interfaces.randomness import StepRandom


@runtime_checkable
class Inpainter(Protocol):
    """A generator that fills holes."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Proposes a full image from what surrounds the holes.

        Args:
            images: (N, C, H, W) in [-1, 1].
            masks: (N, 1, H, W); 1 where pixels are missing, 0 where they are kept.

        Returns:
            x_G, (N, C, H, W) in [-1, 1]. Use `composite` to keep the pixels outside the holes.
        """


@runtime_checkable
class MaskSampler(Protocol):
    """A loss that decides where holes are."""

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws one hole mask for each image: (N, 1, H, W), 1 where pixels are missing."""


@runtime_checkable
class SizedMaskSampler(MaskSampler, Protocol):
    """A loss that can also make smaller or larger holes than those it trains with."""

    def sample_sized_masks(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
        """Draws one hole mask for each image: (N, 1, H, W), 1 where pixels are missing.

        Args:
            images: (N, C, H, W).
            size: Side of a hole, as a share of the images' shorter side.
            random: Decides where the holes are.
        """


@runtime_checkable
class Classifier(Protocol):
    """A discriminator that tells classes."""

    def classify(self, images: Tensor) -> Tensor:
        """Class logits (N, K) of images (N, C, H, W) in [-1, 1]."""


@runtime_checkable
class RotationClassifier(Protocol):
    """A discriminator that sees how an image was turned."""

    def classify_rotation(self, images: Tensor) -> Tensor:
        """Logits (N, 4) of how many quarter turns images (N, C, H, W) in [-1, 1] were rotated by, counterclockwise."""


@runtime_checkable
class Sampler(Protocol):
    """A generator that makes images from nothing but noise."""

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Makes `count` images (count, C, H, W) in [-1, 1]."""


@runtime_checkable
class ClassSampler(Protocol):
    """A generator that makes images of a class that is asked for."""

    def sample_classes(self, labels: Tensor, random: StepRandom) -> Tensor:
        """Makes one image (N, C, H, W) in [-1, 1] for each of the classes (N,)."""


@runtime_checkable
class Translator(Protocol):
    """A generator that turns an image of one class into one of another."""

    def translate(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] of classes (N,) as images of the other class."""


def composite(images: Tensor, masks: Tensor, filled: Tensor) -> Tensor:
    """The in-painted image x_I = (1 - hole) * x + hole * x_G, as in Denton et al. 2016.

    Args:
        images: x, (N, C, H, W).
        masks: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W).
    """
    return (1 - masks) * images + masks * filled
