"""What a component may be able to do. Commands and losses ask for a capability, never for a certain class."""

from typing import Protocol, runtime_checkable

from torch import Tensor

from zoo_core.interfaces.randomness import StepRandom


@runtime_checkable
class Inpainter(Protocol):
    """A generator that fills holes."""

    def inpaint(self, images: Tensor, holes: Tensor) -> Tensor:
        """Proposes a full image from what surrounds the holes.

        Args:
            images: (N, C, H, W) in [-1, 1].
            holes: (N, 1, H, W); 1 where pixels are missing, 0 where they are kept.

        Returns:
            x_G, (N, C, H, W) in [-1, 1]. Use `composite` to keep the pixels outside the holes.
        """


@runtime_checkable
class HoleMaker(Protocol):
    """A loss that decides where holes are."""

    def make_holes(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws one hole mask for each image: (N, 1, H, W), 1 where pixels are missing."""


@runtime_checkable
class SizedHoleMaker(HoleMaker, Protocol):
    """A loss that can also make smaller or larger holes than those it trains with."""

    def make_sized_holes(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
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
class FeatureExtractor(Protocol):
    """A discriminator that shows by what it judges."""

    def features(self, images: Tensor) -> Tensor:
        """Features (N, F) of images (N, C, H, W) in [-1, 1]."""


@runtime_checkable
class RotationTeller(Protocol):
    """A discriminator that sees how an image was turned."""

    def tell_rotation(self, images: Tensor) -> Tensor:
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


def composite(images: Tensor, holes: Tensor, filled: Tensor) -> Tensor:
    """The in-painted image x_I = (1 - hole) * x + hole * x_G, as in Denton et al. 2016.

    Args:
        images: x, (N, C, H, W).
        holes: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W).
    """
    return (1 - holes) * images + holes * filled
