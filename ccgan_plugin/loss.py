"""The loss of CC-GAN: reconstruction, adversarial and class terms."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor

from ccgan_plugin.masks import HOLE_MAKERS, HoleKind
from ccgan_plugin.terms import bce, hole_mse, labelled_cross_entropy
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
        holes: (N, 1, H, W), 1 where pixels were missing.
        filled: x_G, all of the generator's output, (N, C, H, W).
    """

    holes: Tensor
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
            game is then played on unlabelled images only, as in the paper's code.
        hole: Shape of the holes.
        hole_size: Side of the hole as a share of the image's shorter side.
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
        hole: HoleKind = "square",
        hole_size: Annotated[float, Field(gt=0, le=1)] = 0.5,
    ) -> None:
        super().__init__()
        self.w_rec, self.w_adv, self.w_aux, self.w_aux_fake = w_rec, w_adv, w_aux, w_aux_fake
        self.real_target, self.judged = real_target, judged
        self.supervised = class_step == "own"
        self.hole, self.hole_size = HOLE_MAKERS[hole], hole_size

    @property
    def uses_labels(self) -> bool:
        """Whether a class term has any weight."""
        return self.w_aux > 0 or self.w_aux_fake > 0

    def make_holes(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws a hole for each image: (N, 1, H, W), 1 where pixels are missing."""
        return self.make_sized_holes(images, self.hole_size, random)

    def make_sized_holes(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
        """Draws a hole for each image, its side a share `size` of the image's: (N, 1, H, W), 1 where pixels miss."""
        return self.hole(images, size, random)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Inpainted:
        """Fills a random hole in every image."""
        assert isinstance(generator, Inpainter)
        x = self._played(batch).images
        holes = self.make_holes(x, random)
        filled = generator.inpaint(x, holes)
        whole = self.judged == "generated" or (self.judged == "alternate" and random.step % 2 == 1)
        return Inpainted(filled if whole else composite(x, holes, filled), holes, filled)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom
    ) -> Terms:
        """Real against in-painted, and the classes of the labelled."""
        played = self._played(batch)
        real, made = discriminator(played.images), discriminator(fake.images)
        terms = self._told_apart(real, made)
        if real.classes is not None and self.w_aux and not self.supervised:
            terms["aux"] = Term(labelled_cross_entropy(real.classes, played.labels), self.w_aux)
        return terms | self._aux_fake(made.classes, played)

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom) -> Terms:
        """The hole's true content, and a critic that takes the filled image for real."""
        return self._maker_terms(discriminator(fake.images), self._played(batch), fake)

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """The classes of the labelled images, where they get a step of their own."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(labelled_cross_entropy(discriminator.classify(batch.images), batch.labels), self.w_aux)}

    def _told_apart(self, real: Logits, made: Logits) -> dict[str, Term]:
        return {"adv": Term(bce(real.validity, self.real_target) + bce(made.validity, 0.0), self.w_adv)}

    def _maker_terms(self, made: Logits, played: Batch, fake: Inpainted) -> dict[str, Term]:
        terms = {
            "rec": Term(hole_mse(played.images, fake.filled, fake.holes), self.w_rec),
            "adv": Term(bce(made.validity, 1.0), self.w_adv),
        }
        return terms | self._aux_fake(made.classes, played)

    def _aux_fake(self, classes: Tensor | None, played: Batch) -> dict[str, Term]:
        if classes is None or not self.w_aux_fake:
            return {}
        return {"aux_fake": Term(labelled_cross_entropy(classes, played.labels), self.w_aux_fake)}

    def _played(self, batch: Batch) -> Batch:
        """The images that the game is about."""
        return unlabelled_if_any(batch) if self.supervised else batch


def unlabelled_if_any(batch: Batch) -> Batch:
    """The unlabelled images of a batch, or all where each has a label."""
    others = batch.unlabelled()
    return others if len(others) else batch
