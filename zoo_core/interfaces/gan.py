"""The three parts of a GAN and what they say to each other.

A `Generator` and a `Discriminator` are networks built from an `ImageSpec` and their own keyword-only options. A `Loss`
owns the game: what is generated, what either side is asked, and how much each term weighs. The trainer owns the
optimisation, so any three parts that fit each other can be composed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Generic, NamedTuple, Self, TypeVar

from torch import Tensor, nn

from zoo_core.interfaces.batch import Batch, ImageSpec
from zoo_core.interfaces.randomness import StepRandom


class Generator(nn.Module):
    """A network that makes images.

    What it can do is said by the capabilities it has (`Inpainter`, `Sampler`), not by its class. Subclasses take an
    `ImageSpec` and keyword-only, annotated options with defaults.
    """

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec


@dataclass(frozen=True)
class Logits:
    """What a discriminator says of a batch; logits, never probabilities.

    Attributes:
        validity: (N, 1, h, w), one per patch, or (N, 1); positive means real.
        classes: (N, K), or None from a discriminator without a class head.
    """

    validity: Tensor
    classes: Tensor | None = None


class Discriminator(nn.Module):
    """A network that tells real images from made ones: `forward` maps (N, C, H, W) in [-1, 1] to `Logits`."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, images: Tensor) -> Logits:
        """Judges images.

        Args:
            images: (N, C, H, W) in [-1, 1].
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Fake:
    """What a generator made in one step; a loss that needs more than the images extends it.

    Attributes:
        images: (N, C, H, W) in [-1, 1], what the discriminator is shown.
    """

    images: Tensor

    def detach(self) -> Self:
        """The same without the way back into the generator."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: v.detach() for name, v in values.items() if isinstance(v, Tensor)})


class Term(NamedTuple):
    """One summand of an objective: a scalar, logged as it is, and the weight it enters the sum with."""

    value: Tensor
    weight: float = 1.0


Terms = Mapping[str, Term]
F = TypeVar("F", bound=Fake)


class Loss(nn.Module, Generic[F]):
    """The rules of the game between one generator and one discriminator.

    In every iteration the trainer calls `generate`, then `discriminator_terms` on the detached fake and steps the
    discriminator, then `generator_terms` with the discriminator frozen and steps the generator. A loss is a module so
    that what it keeps in buffers moves to the device and into the checkpoint.

    Attributes:
        generator_needs: Capabilities (protocols) that the generator must have.
        discriminator_needs: Capabilities that the discriminator must have, where the data has classes.
        discriminator_steps: Discriminator steps for each generator step; each gets a batch of its own.
        class_balanced: Batches hold as many images of each class, in the order of the classes; unlabelled images and
            those that do not divide are left out. For games between classes, such as CycleGAN's two domains.
        needs_labels: Without labels there is nothing to learn.
        needs_ema_teacher: The loss learns from what the averaged discriminator says of a batch; the trainer then calls
            `add_pseudo_labels`, and averaging (`train.ema_decay`) must be on.
        has_supervised_step: There are `supervised_terms`. They get a step of their own after the generator's, and all of
            fine-tuning.
        needs_double_backward: The discriminator's terms hold a gradient of its own (a gradient penalty); the trainer
            then keeps its step in fp32.
    """

    generator_needs: tuple[type, ...] = ()
    discriminator_needs: tuple[type, ...] = ()
    discriminator_steps: int = 1
    class_balanced: bool = False
    needs_labels: bool = False
    needs_ema_teacher: bool = False
    has_supervised_step: bool = False
    needs_double_backward: bool = False

    @property
    def uses_labels(self) -> bool:
        """Whether any term learns from labels. Where none does, the data's labels are not handed out at all."""
        return True

    def add_pseudo_labels(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        """Asks the averaged discriminator, in evaluation mode and without gradients, before anybody learns.

        Returns:
            The batch that the terms are then given; a loss that learns from the answers extends `Batch` by them.
        """
        return batch

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> F:
        """Lets the generator make its images; the only generator forward of an iteration."""
        raise NotImplementedError

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: F, random: StepRandom) -> Terms:
        """The discriminator's objective on real images and a detached fake, by name; all are minimised."""
        raise NotImplementedError

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: F, random: StepRandom) -> Terms:
        """The generator's objective, by name; all are minimised."""
        raise NotImplementedError

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """The discriminator's objective on the labelled images of a batch alone, by name; all are minimised."""
        raise NotImplementedError
