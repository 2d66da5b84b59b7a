"""The loss of CycleGAN: adversarial, cycle-consistency and identity terms."""

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
class TwoWayTranslator(Protocol):
    """A generator that can translate in one direction only; `translate` would compute both and discard one."""

    def translate_to_a(self, images: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] to class A."""

    def translate_to_b(self, images: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] to class B."""


@dataclass(frozen=True)
class Translations(Fake):
    """Translated images of two classes; the first half of each tensor is of class A.

    Attributes:
        images: F(b) and G(a), (N, C, H, W).
        reconstructed: F(G(a)) and G(F(b)), which the cycle term compares with the batch.
        identity: F(a) and G(b), which the identity term compares with the batch; None if that term has no weight.
    """

    reconstructed: Tensor
    identity: Tensor | None


class CycleGANLoss(Loss[Translations]):
    """Least-squares GAN loss in two domains, with cycle-consistency and identity terms.

    With real images a of class A and b of class B, generators G: A -> B and F: B -> A, discriminators D_A and D_B::

        L_D = (D_A(a) - 1)^2 + D_A(pool F(b))^2 + (D_B(b) - 1)^2 + D_B(pool G(a))^2
        L_G = (D_A(F(b)) - 1)^2 + (D_B(G(a)) - 1)^2 + w_cycle * (|F(G(a)) - a| + |G(F(b)) - b|)
              + w_identity * (|F(a) - a| + |G(b) - b|)

    after Zhu et al. 2017, equations 1 to 3 with the least squares and the pool of section 4. Each term is logged as the
    mean over both classes, half of the sum above.

    Args:
        w_cycle: Weight of the cycle term.
        w_identity: Weight of the identity term, which preserves colours; with 0, the term is not computed.
        pool: Number of earlier translations into each class that are kept for the discriminator.
    """

    generator_needs = (TwoWayTranslator,)
    class_balanced = True

    @validate_call
    def __init__(
        self, *, w_cycle: Weight = 10.0, w_identity: Weight = 5.0, pool: Annotated[int, Field(ge=0)] = 50
    ) -> None:
        super().__init__()
        self.w_cycle, self.w_identity = w_cycle, w_identity
        self.pool_a, self.pool_b = ImagePool(pool), ImagePool(pool)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Translations:
        """Translates every image to the other class, back again, and to its own class."""
        assert isinstance(generator, TwoWayTranslator)
        a, b = batch.images.chunk(2)
        fake_a, fake_b = generator.translate_to_a(b), generator.translate_to_b(a)
        reconstructed = torch.cat([generator.translate_to_a(fake_b), generator.translate_to_b(fake_a)])
        identity = None
        if self.w_identity:
            identity = torch.cat([generator.translate_to_a(a), generator.translate_to_b(b)])
        return Translations(torch.cat([fake_a, fake_b]), reconstructed, identity)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Translations, random: StepRandom
    ) -> Terms:
        """Trains the discriminators to output 1 for real images and 0 for current and earlier translations."""
        fake_a, fake_b = fake.images.chunk(2)
        translations = torch.cat([self.pool_a.exchange(fake_a, random), self.pool_b.exchange(fake_b, random)])
        real_error = compute_squared_error(discriminator, batch.images, 1)
        return {"adv": Term(real_error + compute_squared_error(discriminator, translations, 0))}

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Translations, random: StepRandom
    ) -> Terms:
        """Trains translations to look real and to lead back, and images of the target class to stay the same."""
        terms = {
            "adv": Term(compute_squared_error(discriminator, fake.images, 1)),
            "cycle": Term(F.l1_loss(fake.reconstructed.float(), batch.images), self.w_cycle),
        }
        if fake.identity is not None:
            terms["identity"] = Term(F.l1_loss(fake.identity.float(), batch.images), self.w_identity)
        return terms


def compute_squared_error(discriminator: Discriminator, images: Tensor, target: float) -> Tensor:
    """Computes the mean squared difference between a discriminator's validity logits and a target."""
    validity: Tensor = discriminator(images).validity
    return (validity.float() - target).square().mean()
