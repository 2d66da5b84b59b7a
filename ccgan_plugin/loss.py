"""The loss of CC-GAN: reconstruction, adversarial and class terms."""

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor
from torch.nn import functional as F

from ccgan_plugin.holes import HOLE_MAKERS, HoleKind
from zoo_core import (
    Batch,
    Classifier,
    Discriminator,
    Fake,
    Generator,
    Inpainter,
    Loss,
    StepRandom,
    Term,
    Terms,
    composite,
)

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Inpainted(Fake):
    """Images whose holes were filled.

    Attributes:
        images: x_I, the composite, (N, C, H, W).
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
        hole: Shape of the holes.
        hole_size: Side of the hole as a share of the image's shorter side.
    """

    generator_needs = (Inpainter,)
    discriminator_needs = (Classifier,)

    @validate_call
    def __init__(
        self,
        *,
        w_rec: Weight = 1.0,
        w_adv: Weight = 1.0,
        w_aux: Weight = 1.0,
        w_aux_fake: Weight = 0.0,
        real_target: Annotated[float, Field(gt=0, le=1)] = 1.0,
        hole: HoleKind = "square",
        hole_size: Annotated[float, Field(gt=0, le=1)] = 0.5,
    ) -> None:
        super().__init__()
        self.w_rec, self.w_adv, self.w_aux, self.w_aux_fake = w_rec, w_adv, w_aux, w_aux_fake
        self.real_target = real_target
        self.hole, self.hole_size = HOLE_MAKERS[hole], hole_size

    @property
    def uses_labels(self) -> bool:
        """Whether a class term has any weight."""
        return self.w_aux > 0 or self.w_aux_fake > 0

    def make_holes(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws a hole for each image: (N, 1, H, W), 1 where pixels are missing."""
        return self.hole(images, self.hole_size, random)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Inpainted:
        """Fills a random hole in every image."""
        assert isinstance(generator, Inpainter)
        holes = self.make_holes(batch.images, random)
        filled = generator.inpaint(batch.images, holes)
        return Inpainted(composite(batch.images, holes, filled), holes, filled)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom
    ) -> Terms:
        """Real against in-painted, and the classes of the labelled."""
        real, made = discriminator(batch.images), discriminator(fake.images)
        adv = bce(real.validity, self.real_target) + bce(made.validity, 0.0)
        terms = {"adv": Term(adv, self.w_adv)}
        if real.classes is not None and self.w_aux:
            terms["aux"] = Term(labelled_cross_entropy(real.classes, batch.labels), self.w_aux)
        return terms | self._aux_fake(made.classes, batch)

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom) -> Terms:
        """The hole's true content, and a critic that takes the filled image for real."""
        made = discriminator(fake.images)
        terms = {
            "rec": Term(hole_mse(batch.images, fake.filled, fake.holes), self.w_rec),
            "adv": Term(bce(made.validity, 1.0), self.w_adv),
        }
        return terms | self._aux_fake(made.classes, batch)

    def _aux_fake(self, classes: Tensor | None, batch: Batch) -> dict[str, Term]:
        if classes is None or not self.w_aux_fake:
            return {}
        return {"aux_fake": Term(labelled_cross_entropy(classes, batch.labels), self.w_aux_fake)}


def hole_mse(x: Tensor, x_g: Tensor, holes: Tensor) -> Tensor:
    """Mean squared error over the pixels inside the holes: sum(hole * (x - x_G)^2) / (hole pixels * channels).

    The L_rec of Context Encoders (Pathak et al. 2016, equation 1), made independent of the size of the holes.
    """
    error = holes * (x.float() - x_g.float()) ** 2
    return error.sum() / (holes.sum() * x.shape[1]).clamp(min=1)


def bce(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of logits against one target for all."""
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target, dtype=torch.float32))


def labelled_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of class logits (N, K) over the labelled images (N,); 0 where every label is -1."""
    total = F.cross_entropy(logits.float(), labels, ignore_index=-1, reduction="sum")
    return total / (labels >= 0).sum().clamp(min=1)
