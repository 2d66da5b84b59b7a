"""The loss of CC-GAN: reconstruction, adversarial and class terms."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor

from ccgan_plugin.masks import MASK_SHAPES, MaskShape
from ccgan_plugin.terms import bce, class_cross_entropy, masked_mse
from zoo_core import (
    Batch,
    Classifier,
    Discriminator,
    Fake,
    Generator,
    Inpainter,
    Logits,
    Loss,
    StepRandom,
    Term,
    Terms,
    composite,
)

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
View = Literal["inpainted", "generated", "alternate"]


@dataclass(frozen=True)
class Inpainted(Fake):
    """Images whose holes were filled.

    Attributes:
        images: x_I, the composite, or x_G where that is judged, (N, C, H, W).
        masks: (N, 1, H, W), 1 where pixels were missing.
        filled: x_G, all of the generator's output, (N, C, H, W).
    """

    masks: Tensor
    filled: Tensor


class RecAdvAux(Loss[Inpainted]):
    """Reconstruction inside the hole, adversarial on the in-painted image, class on the labelled ones.

    With x a real image, x_I the in-painted one and x_G the generator's output::

        L_D = w_adv * (BCE(D_v(x), real_target) + BCE(D_v(x_I), 0)) + w_aux * CE(D_c(x), y)
        L_G = w_rec * rec(x, x_G) + w_adv * BCE(D_v(x_I), 1) [+ w_aux_fake * CE(D_c(x_I), y)]

    after Denton et al. 2016 (adversarial and class terms) and Pathak et al. 2016 (reconstruction). The class terms are
    over labelled images only; a batch without any adds nothing to them.

    Args:
        w_rec: Weight of the reconstruction term.
        w_adv: Weight of the adversarial terms.
        w_aux: Weight of the class term on real images.
        w_aux_fake: Weight of the class term on in-painted images, with the label of the source image, for both sides.
        real_target: What the critic should say of real images; 0.9 is one-sided label smoothing.
        judged: What the critic tells from real images: x_I, x_G, or x_I and x_G by turns from step to step (CC-GAN^2:
            two steps are one iteration of the paper).
        class_step: Whether the class term is part of the critic's step, or a step of its own after the generator's; the
            game is then real_batch on unlabelled images only, as in the paper's code.
        mask: Shape of the holes.
        mask_size: Side of the hole as a share of the image's shorter side.
    """

    generator_needs = (Inpainter,)
    discriminator_needs: tuple[type, ...] = (Classifier,)

    @validate_call
    def __init__(
        self,
        *,
        w_rec: Weight = 1.0,
        w_adv: Weight = 1.0,
        w_aux: Weight = 1.0,
        w_aux_fake: Weight = 0.0,
        real_target: Annotated[float, Field(gt=0, le=1)] = 1.0,
        judged: View = "inpainted",
        class_step: Literal["joint", "own"] = "joint",
        mask: MaskShape = "square",
        mask_size: Annotated[float, Field(gt=0, le=1)] = 0.5,
    ) -> None:
        super().__init__()
        self.w_rec, self.w_adv, self.w_aux, self.w_aux_fake = w_rec, w_adv, w_aux, w_aux_fake
        self.real_target, self.judged = real_target, judged
        self.has_supervised_step = class_step == "own"
        self.mask, self.mask_size = MASK_SHAPES[mask], mask_size

    @property
    def uses_labels(self) -> bool:
        """Whether a class term has any weight."""
        return self.w_aux > 0 or self.w_aux_fake > 0

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws a hole for each image: (N, 1, H, W), 1 where pixels are missing."""
        return self.sample_sized_masks(images, self.mask_size, random)

    def sample_sized_masks(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
        """Draws a hole for each image, its side a share `size` of the image's: (N, 1, H, W), 1 where pixels miss."""
        return self.mask(images, size, random)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Inpainted:
        """Fills a random hole in every image."""
        assert isinstance(generator, Inpainter)
        x = self._adversarial_batch(batch).images
        masks = self.sample_masks(x, random)
        filled = generator.inpaint(x, masks)
        whole = self.judged == "generated" or (self.judged == "alternate" and random.step % 2 == 1)
        return Inpainted(filled if whole else composite(x, masks, filled), masks, filled)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom
    ) -> Terms:
        """Real against in-painted, and the classes of the labelled."""
        real_batch = self._adversarial_batch(batch)
        real, fake_logits = discriminator(real_batch.images), discriminator(fake.images)
        terms = self._adversarial_term(real, fake_logits)
        if real.classes is not None and self.w_aux and not self.has_supervised_step:
            terms["aux"] = Term(class_cross_entropy(real.classes, real_batch.labels), self.w_aux)
        return terms | self._aux_fake_term(fake_logits.classes, real_batch)

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom) -> Terms:
        """The hole's true content, and a critic that takes the filled image for real."""
        return self._inpainting_terms(discriminator(fake.images), self._adversarial_batch(batch), fake)

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """The classes of the labelled images, where they get a step of their own."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels), self.w_aux)}

    def _adversarial_term(self, real: Logits, fake_logits: Logits) -> dict[str, Term]:
        return {"adv": Term(bce(real.validity, self.real_target) + bce(fake_logits.validity, 0.0), self.w_adv)}

    def _inpainting_terms(self, fake_logits: Logits, real_batch: Batch, fake: Inpainted) -> dict[str, Term]:
        terms = {
            "rec": Term(masked_mse(real_batch.images, fake.filled, fake.masks), self.w_rec),
            "adv": Term(bce(fake_logits.validity, 1.0), self.w_adv),
        }
        return terms | self._aux_fake_term(fake_logits.classes, real_batch)

    def _aux_fake_term(self, classes: Tensor | None, real_batch: Batch) -> dict[str, Term]:
        if classes is None or not self.w_aux_fake:
            return {}
        return {"aux_fake": Term(class_cross_entropy(classes, real_batch.labels), self.w_aux_fake)}

    def _adversarial_batch(self, batch: Batch) -> Batch:
        """The images that the game is about."""
        return select_adversarial_batch(batch) if self.has_supervised_step else batch


def select_adversarial_batch(batch: Batch) -> Batch:
    """The unlabelled images of a batch, or all where each has a label."""
    others = batch.select_unlabelled()
    return others if len(others) else batch
