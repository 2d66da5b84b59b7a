"""The loss of CycleGAN: adversarial, cycle and identity terms."""

from dataclasses import dataclass
from typing import Annotated, Protocol, runtime_checkable

import torch
from pydantic import Field, validate_call
from torch import Tensor
from torch.nn import functional as F

from zoo_core import Batch, Discriminator, Fake, Generator, Loss, StepRandom, Term, Terms
from zoo_cyclegan.pool import ImagePool

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@runtime_checkable
class TwoWay(Protocol):
    """A generator that can be asked for one way alone, where `translate` would compute both and drop one."""

    def to_a(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] as images of class A."""

    def to_b(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] as images of class B."""


@dataclass(frozen=True)
class Translated(Fake):
    """Images of two classes as images of the other one; the first half of each tensor is of class A.

    Attributes:
        images: F(b) and G(a), (N, C, H, W).
        cycled: There and back, F(G(a)) and G(F(b)): to be what the batch is.
        identity: Translated to what they are, F(a) and G(b): to be what the batch is. None where it has no weight.
    """

    cycled: Tensor
    identity: Tensor | None


class CycleConsistency(Loss[Translated]):
    """Least-squares game in two domains, there and back again.

    With real images a of class A and b of class B, generators G: A -> B and F: B -> A, discriminators D_A and D_B::

        L_D = (D_A(a) - 1)^2 + D_A(pool F(b))^2 + (D_B(b) - 1)^2 + D_B(pool G(a))^2
        L_G = (D_A(F(b)) - 1)^2 + (D_B(G(a)) - 1)^2 + w_cycle * (|F(G(a)) - a| + |G(F(b)) - b|)
              + w_identity * (|F(a) - a| + |G(b) - b|)

    after Zhu et al. 2017, equations 1 to 3 with the least squares and the pool of section 4. Each term is logged as the
    mean over both classes, half of the sum above.

    Args:
        w_cycle: Weight of the cycle term.
        w_identity: Weight of the identity term, which keeps colours; with 0 it is not computed.
        pool: How many earlier translations into each class are kept to be shown to the discriminator.
    """

    generator_needs = (TwoWay,)
    class_balanced = True

    @validate_call
    def __init__(
        self, *, w_cycle: Weight = 10.0, w_identity: Weight = 5.0, pool: Annotated[int, Field(ge=0)] = 50
    ) -> None:
        super().__init__()
        self.w_cycle, self.w_identity = w_cycle, w_identity
        self.pool_a, self.pool_b = ImagePool(pool), ImagePool(pool)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Translated:
        """Translates every image, then back, and once to its own class."""
        assert isinstance(generator, TwoWay)
        a, b = batch.images.chunk(2)
        made_a, made_b = generator.to_a(b), generator.to_b(a)
        cycled = torch.cat([generator.to_a(made_b), generator.to_b(made_a)])
        identity = torch.cat([generator.to_a(a), generator.to_b(b)]) if self.w_identity else None
        return Translated(torch.cat([made_a, made_b]), cycled, identity)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Translated, random: StepRandom
    ) -> Terms:
        """Real images are 1, translations of now and before are 0."""
        made_a, made_b = fake.images.chunk(2)
        shown = torch.cat([self.pool_a.exchange(made_a, random), self.pool_b.exchange(made_b, random)])
        return {"adv": Term(distance(discriminator, batch.images, 1) + distance(discriminator, shown, 0))}

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Translated, random: StepRandom
    ) -> Terms:
        """Translations are taken for real, lead back, and leave alone what is of their class already."""
        terms = {
            "adv": Term(distance(discriminator, fake.images, 1)),
            "cycle": Term(F.l1_loss(fake.cycled.float(), batch.images), self.w_cycle),
        }
        if fake.identity is not None:
            terms["identity"] = Term(F.l1_loss(fake.identity.float(), batch.images), self.w_identity)
        return terms


def distance(discriminator: Discriminator, images: Tensor, target: float) -> Tensor:
    """Mean square of how far a discriminator's opinion of images, patch by patch, is from a target."""
    validity: Tensor = discriminator(images).validity
    return (validity.float() - target).square().mean()
