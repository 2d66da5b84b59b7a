"""The loss of CC-GAN: reconstruction, adversarial and class terms. Its baseline: the class term alone."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor

from ccgan_plugin.masks import MASK_FUNCTIONS, MaskShape
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


@dataclass(frozen=True)
class InpaintedImages(Fake):
    """In-painted images, with their masks.

    Attributes:
        images: x_I, or x_G if the critic judges that, (N, C, H, W).
        masks: (N, 1, H, W), 1 where pixels were missing.
        generated: x_G, the complete output of the generator, (N, C, H, W).
    """

    masks: Tensor
    generated: Tensor


class RecAdvAux(Loss[InpaintedImages]):
    """Reconstruction term inside holes, adversarial terms on in-painted images, class terms on labelled images.

    For a real image x, the in-painted image x_I and the output x_G of the generator::

        L_D = w_adv * (BCE(D_v(x), real_target) + BCE(D_v(x_I), 0)) + w_aux * CE(D_c(x), y)
        L_G = w_rec * rec(x, x_G) + w_adv * BCE(D_v(x_I), 1) [+ w_aux_fake * CE(D_c(x_I), y)]

    Sources: Denton et al. 2016 (adversarial and class terms) and Pathak et al. 2016 (reconstruction). The class terms
    use labelled images only, and are 0 for a batch without any.

    Args:
        w_rec: Weight of the reconstruction term.
        w_adv: Weight of the adversarial terms.
        w_aux: Weight of the class term on real images.
        w_aux_fake: Weight of the class term on in-painted images, with the label of the source image, for both
            networks.
        real_target: Target of the critic for real images; 0.9 is one-sided label smoothing.
        judged: The images that the critic compares with real ones: x_I (`inpainted`), x_G (`generated`), or both in
            alternate steps (`alternate`; two steps are then one iteration of CC-GAN^2 in the paper).
        class_step: Whether the class term is part of the critic's step (`joint`) or has its own step after the
            generator's (`own`). In the second case the adversarial terms use unlabelled images only, as in the paper's
            code.
        mask: Shape of the masks.
        mask_size: Side of the hole as a fraction of the image's shorter side.

    Examples:
        >>> import torch
        >>> from zoo_core import StepRandom
        >>> loss = RecAdvAux(mask="centre", mask_size=0.5)
        >>> loss.sample_masks(torch.zeros(1, 1, 4, 4), StepRandom(seed=0, step=0, stream="masks"))[0, 0].int().tolist()
        [[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
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
        judged: Literal["inpainted", "generated", "alternate"] = "inpainted",
        class_step: Literal["joint", "own"] = "joint",
        mask: MaskShape = "square",
        mask_size: Annotated[float, Field(gt=0, le=1)] = 0.5,
    ) -> None:
        super().__init__()
        self.w_rec, self.w_adv, self.w_aux, self.w_aux_fake = w_rec, w_adv, w_aux, w_aux_fake
        self.real_target, self.judged = real_target, judged
        self.has_supervised_step = class_step == "own"
        self.mask_function, self.mask_size = MASK_FUNCTIONS[mask], mask_size

    @property
    def uses_labels(self) -> bool:
        """Whether a class term has a weight above 0."""
        return self.w_aux > 0 or self.w_aux_fake > 0

    def sample_masks(self, images: Tensor, random: StepRandom) -> Tensor:
        """Draws one mask per image: (N, 1, H, W), 1 where pixels are missing."""
        return self.sample_sized_masks(images, self.mask_size, random)

    def sample_sized_masks(self, images: Tensor, size: float, random: StepRandom) -> Tensor:
        """Draws one mask per image, whose side is a fraction `size` of the image's shorter side: (N, 1, H, W)."""
        return self.mask_function(images, size, random)

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> InpaintedImages:
        """Draws a mask for every image, and in-paints it."""
        assert isinstance(generator, Inpainter)
        x = self.select_adversarial(batch).images
        masks = self.sample_masks(x, random)
        x_g = generator.inpaint(x, masks)
        judges_x_g = self.judged == "generated" or (self.judged == "alternate" and random.step % 2 == 1)
        return InpaintedImages(x_g if judges_x_g else composite(x, masks, x_g), masks, x_g)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: InpaintedImages, random: StepRandom
    ) -> Terms:
        """Returns the adversarial term `adv`, and the class terms `aux` and `aux_fake` if they have a weight."""
        batch = self.select_adversarial(batch)
        real_logits, fake_logits = discriminator(batch.images), discriminator(fake.images)
        terms = self._adversarial_term(real_logits, fake_logits)
        if real_logits.classes is not None and self.w_aux and not self.has_supervised_step:
            terms["aux"] = Term(class_cross_entropy(real_logits.classes, batch.labels), self.w_aux)
        return terms | self._aux_fake_term(fake_logits, batch)

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: InpaintedImages, random: StepRandom
    ) -> Terms:
        """Returns the terms `rec` and `adv`, and the class term `aux_fake` if it has a weight."""
        return self._inpainting_terms(discriminator(fake.images), self.select_adversarial(batch), fake)

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """Returns the class term `aux`, if it has its own step."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels), self.w_aux)}

    def select_adversarial(self, batch: Batch) -> Batch:
        """Selects the images that the adversarial terms use."""
        return select_unlabelled_or_all(batch) if self.has_supervised_step else batch

    def _adversarial_term(self, real_logits: Logits, fake_logits: Logits) -> dict[str, Term]:
        value = bce(real_logits.validity, self.real_target) + bce(fake_logits.validity, 0.0)
        return {"adv": Term(value, self.w_adv)}

    def _inpainting_terms(self, logits: Logits, batch: Batch, fake: InpaintedImages) -> dict[str, Term]:
        terms = {
            "rec": Term(masked_mse(batch.images, fake.generated, fake.masks), self.w_rec),
            "adv": Term(bce(logits.validity, 1.0), self.w_adv),
        }
        return terms | self._aux_fake_term(logits, batch)

    def _aux_fake_term(self, logits: Logits, batch: Batch) -> dict[str, Term]:
        if logits.classes is None or not self.w_aux_fake:
            return {}
        return {"aux_fake": Term(class_cross_entropy(logits.classes, batch.labels), self.w_aux_fake)}


class ClassOnly(Loss[Fake]):
    """Class term on labelled images only; there are no adversarial terms, and the generator is not trained.

    A semi-supervised method must be better than this with the same critic, augmentation and number of steps.

    Examples:
        >>> ClassOnly().needs_labels
        True
    """

    discriminator_needs = (Classifier,)
    needs_labels = True
    has_supervised_step = True

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Returns the real images; nothing is generated."""
        return Fake(batch.images)

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Returns no terms."""
        return {}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Returns no terms."""
        return {}

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        """Returns the class term `aux`."""
        assert isinstance(discriminator, Classifier)
        return {"aux": Term(class_cross_entropy(discriminator.classify(batch.images), batch.labels))}


def select_unlabelled_or_all(batch: Batch) -> Batch:
    """Selects the unlabelled images of a batch, or all images if each has a label."""
    unlabelled = batch.select_unlabelled()
    return unlabelled if len(unlabelled) else batch
