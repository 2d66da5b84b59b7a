"""The three parts of a GAN: generator, discriminator and loss.

A `Generator` and a `Discriminator` are networks, built from an `ImageSpec` and their own keyword-only options. A `Loss`
decides what the generator generates, which terms each network minimises, and how much each term weighs. The `Trainer`
owns the loop and the optimisers, so any three parts that fit each other can be combined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Generic, NamedTuple, Self, TypeVar

from torch import Tensor, nn

from zoo_core.interfaces.batch import Batch, ImageSpec
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.renamed import RefusesOldNames


class Generator(nn.Module, RefusesOldNames):
    """A network that generates images.

    It has no `forward` that every generator would share. Instead it implements the methods of one or more capabilities,
    such as `Sampler.sample` or `Inpainter.inpaint`, and losses and commands require a capability. Options of a subclass
    are keyword-only parameters with annotations and defaults.

    Args:
        spec: The images to generate.

    Examples:
        >>> from zoo_core import Generator, Sampler
        >>> class Noise(Generator):
        ...     def sample(self, count, random):
        ...         return random.normal(count, self.spec.channels, self.spec.height, self.spec.width).tanh()
        >>> issubclass(Noise, Sampler)
        True
    """

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec


@dataclass(frozen=True)
class Logits:
    """The output of a discriminator for a batch, before sigmoid and softmax.

    Attributes:
        validity: (N, 1), or (N, 1, h, w) with one logit per patch; positive means real.
        classes: (N, K), or None from a discriminator without a class head.

    Examples:
        >>> import torch
        >>> from zoo_core import Logits
        >>> logits = Logits(validity=torch.tensor([[2.0], [-1.0]]))
        >>> (logits.validity > 0).flatten().tolist(), logits.classes
        ([True, False], None)
    """

    validity: Tensor
    classes: Tensor | None = None


class Discriminator(nn.Module, RefusesOldNames):
    """A network that separates real images from generated ones.

    If the data has classes (`spec.classes` is not 0), it can also predict them: with class logits for the loss, and
    with the method `classify` of the capability `Classifier` for evaluation. Options of a subclass are keyword-only
    parameters with annotations and defaults.

    Args:
        spec: The images to judge.

    Examples:
        >>> import torch
        >>> from zoo_core import Discriminator, ImageSpec, Logits
        >>> class Brightness(Discriminator):
        ...     def forward(self, images):
        ...         return Logits(validity=images.mean((1, 2, 3)).unsqueeze(1))
        >>> Brightness(ImageSpec(channels=1, height=8, width=8))(torch.zeros(5, 1, 8, 8)).validity.shape
        torch.Size([5, 1])
    """

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) in [-1, 1]."""
        raise NotImplementedError


@dataclass(frozen=True)
class Fake:
    """The generated images of a step. A loss whose terms need more, such as the masks, extends this class.

    Attributes:
        images: (N, C, H, W) in [-1, 1], as the discriminator sees them.

    Examples:
        >>> import torch
        >>> from zoo_core import Fake
        >>> fake = Fake(torch.zeros(2, 1, 8, 8, requires_grad=True))
        >>> fake.detach().images.requires_grad
        False
    """

    images: Tensor

    def detach(self) -> Self:
        """Returns a copy whose tensors are detached from the generator's graph."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: v.detach() for name, v in values.items() if isinstance(v, Tensor)})


class Term(NamedTuple):
    """One summand of the objective of a network.

    Attributes:
        value: A scalar. It is logged without its weight.
        weight: Factor of the value in the sum that is minimised.

    Examples:
        >>> import torch
        >>> from zoo_core import Term
        >>> terms = {"adv": Term(torch.tensor(0.5)), "rec": Term(torch.tensor(0.25), weight=10.0)}
        >>> sum(term.weight * term.value for term in terms.values()).item()
        3.0
    """

    value: Tensor
    weight: float = 1.0


Terms = Mapping[str, Term]
F = TypeVar("F", bound=Fake)


class Loss(nn.Module, RefusesOldNames, Generic[F]):
    """Decides what is generated, and which terms the discriminator and the generator minimise.

    In every training step the `Trainer` calls the methods of the loss in this order:

    1. `generate` runs the generator. The result, a `Fake`, is the `fake` of the next two calls.
    2. `discriminator_terms` receives the real images and the detached fake. The discriminator's weights are updated to
       reduce the weighted sum of the terms. With `discriminator_steps` above 1, steps 1 and 2 are repeated, each time
       with a new batch.
    3. `generator_terms` receives the same fake, no longer detached. The generator's weights are updated; those of the
       discriminator are frozen.
    4. `supervised_terms`, if `has_supervised_step` is True, receives labelled images only. The discriminator's weights
       are updated again.

    Two methods are optional: `supervised_terms`, and `add_pseudo_labels` for semi-supervised losses. Random numbers
    must come from the `random` argument, so that a run can be repeated and resumed exactly. A loss is a module: its
    buffers move to the device and are saved in checkpoints. The type parameter is the class of its fakes.

    The attributes below describe the loss to the trainer. Set them in the class, or in the constructor if they depend
    on options.

    Attributes:
        generator_needs: Capabilities that the generator must have, such as `(Inpainter,)`.
        discriminator_needs: Capabilities that the discriminator must have if the data has classes.
        discriminator_steps: Number of discriminator steps per generator step.
        class_balanced: Whether every batch has equally many images of each class, sorted by class. Unlabelled images
            are then left out. For losses between classes, such as the two domains of CycleGAN.
        needs_labels: Whether the loss cannot train without labels.
        needs_ema_teacher: Whether the loss learns from predictions of the EMA discriminator. `add_pseudo_labels` is
            then called, and the setting `train.ema_decay` must be above 0.
        has_supervised_step: Whether there are `supervised_terms`. Fine-tuning (`train.finetune_steps`) uses them alone.
        needs_double_backward: Whether the discriminator's terms contain a gradient, such as a gradient penalty. They
            are then computed in fp32.

    Examples:
        The least-squares GAN (Mao et al. 2017), for generators that generate images from noise:

        >>> import torch
        >>> from zoo_core import Fake, Logits, Loss, Sampler, Term
        >>> class LeastSquares(Loss[Fake]):
        ...     generator_needs = (Sampler,)
        ...     def generate(self, generator, batch, random):
        ...         return Fake(generator.sample(len(batch), random))
        ...     def discriminator_terms(self, discriminator, batch, fake, random):
        ...         real, generated = discriminator(batch.images).validity, discriminator(fake.images).validity
        ...         return {"adv": Term((real - 1).square().mean() + generated.square().mean(), weight=0.5)}
        ...     def generator_terms(self, discriminator, batch, fake, random):
        ...         return {"adv": Term((discriminator(fake.images).validity - 1).square().mean())}
        >>> fake = Fake(torch.zeros(4, 1))
        >>> terms = LeastSquares().generator_terms(lambda images: Logits(validity=images), None, fake, None)
        >>> terms["adv"].value.item()
        1.0
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
        """Whether any term uses labels. If not, the label budget of the run is 0."""
        return True

    def add_pseudo_labels(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        """Adds predictions of the EMA teacher to a batch. Called before `generate` if `needs_ema_teacher` is True.

        The teacher is the discriminator with EMA weights, in evaluation mode; no gradients are recorded.

        Returns:
            The batch that all other methods receive: a subclass of `Batch` with fields for the predictions.
        """
        return batch

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> F:
        """Runs the generator, in training mode, for a batch of real images. `random` draws noise, masks and classes.

        Returns:
            As many images as the batch, of the same shape, with whatever else the terms need.
        """
        raise NotImplementedError

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: F, random: StepRandom) -> Terms:
        """Computes the terms that the discriminator, in training mode, minimises. The fake is detached.

        Returns:
            The terms by name. The log shows "adv" as "discriminator/adv".
        """
        raise NotImplementedError

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: F, random: StepRandom) -> Terms:
        """Computes the terms that the generator minimises. The discriminator is updated, and its weights are frozen.

        Returns:
            The terms by name. The log shows "adv" as "generator/adv".
        """
        raise NotImplementedError

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """Computes the terms that the discriminator minimises in a supervised step, for at least one labelled image.

        Returns:
            The terms by name. The log shows "aux" as "discriminator/aux".
        """
        raise NotImplementedError
