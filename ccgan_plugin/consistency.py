"""The loss of the recipe ccgan-modern: the critic learns pseudo-labels on in-painted images."""

from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor

from ccgan_plugin.augment import diff_augment
from ccgan_plugin.loss import InpaintedImages, RecAdvAux, Weight, select_unlabelled_or_all
from ccgan_plugin.pseudo_labels import (
    DistributionAlignment,
    PseudoLabelledBatch,
    pseudo_label_cross_entropy,
    select_pseudo_labels,
)
from ccgan_plugin.terms import rotate_randomly, rotation_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, StepRandom, Term, Terms


class RecAdvAuxConsistency(RecAdvAux):
    """The terms of CC-GAN, and pseudo-labels that the critic learns on in-painted images.

    The EMA teacher predicts the class of an image x. If its probability reaches the threshold, the critic learns this
    pseudo-label on the in-painted image x_I, as FixMatch (Sohn et al. 2020) does on strongly augmented images::

        L_D += w_consistency * mean(selected * CE(D_c(x_I), argmax p(x)))      selected = max p(x) >= threshold

    The adversarial terms and the pseudo-labels use the unlabelled images, or all images if each has a label. A known
    label replaces the teacher's prediction and is always selected. For these terms, DiffAugment (Zhao et al. 2020)
    augments the images of the critic after compositing. The class term uses the labelled images without DiffAugment.

    Args:
        w_rec: Weight of the reconstruction term.
        w_adv: Weight of the adversarial terms.
        w_consistency: Weight of the pseudo-label term; 0 leaves it out.
        w_rotation: Weight of the term for predicting by how many quarter turns a real image was rotated (Gidaris et al.
            2018; for GANs, Chen et al. 2019). It trains features without labels and needs `discriminator.rotations`.
        threshold: Smallest probability of a prediction that is learnt as a pseudo-label.
        align: Whether the teacher's probabilities are divided by their running mean (distribution alignment, Berthelot
            et al. 2020). This assumes that all classes are equally frequent; switch it off if they are not.
        view: The images on which pseudo-labels are learnt: in-painted or, for comparison, with empty holes.
        translate: Whether DiffAugment shifts images, by up to an eighth of their size.
        colour: Whether DiffAugment changes brightness, saturation and contrast.

    Example:
        >>> RecAdvAuxConsistency(w_consistency=0.0).needs_ema_teacher
        False
    """

    @validate_call
    def __init__(
        self,
        *,
        w_rec: Weight = 1.0,
        w_adv: Weight = 1.0,
        w_consistency: Weight = 1.0,
        w_rotation: Weight = 0.0,
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.9,
        align: bool = True,
        view: Literal["inpainted", "cut-out"] = "inpainted",
        translate: bool = True,
        colour: bool = False,
    ) -> None:
        super().__init__(w_rec=w_rec, w_adv=w_adv)
        self.w_consistency, self.w_rotation = w_consistency, w_rotation
        self.threshold, self.view = threshold, view
        self.translate, self.colour = translate, colour
        self.needs_ema_teacher = w_consistency > 0
        self.alignment = DistributionAlignment() if align else None

    def add_pseudo_labels(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        """Adds the teacher's predictions to a batch, and selects those that reach the threshold."""
        if not teacher.spec.classes:
            return batch
        assert isinstance(teacher, Classifier)
        images = self.select_adversarial(batch)
        probabilities = teacher.classify(images.images).float().softmax(1)
        if self.alignment is not None:
            probabilities = self.alignment.align(probabilities)
        classes, selected = select_pseudo_labels(images.labels, probabilities, self.threshold)
        return PseudoLabelledBatch(
            batch.images, batch.labels, batch.labelled_indices, pseudo_labels=classes, selected=selected
        )

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: InpaintedImages, random: StepRandom
    ) -> Terms:
        """Returns the terms `adv`, `aux`, `consistency` and `rotation`, each if it can be computed and has a weight."""
        real, labelled = self.select_adversarial(batch), batch.select_labelled()
        x, x_i = self._augment(real.images, random), self._augment(fake.images, random)
        logits = discriminator(x_i)
        terms = self._adversarial_term(discriminator(x), logits)
        if logits.classes is not None and len(labelled):
            terms |= self.supervised_terms(discriminator, labelled, random)
        if isinstance(batch, PseudoLabelledBatch):
            classes = (
                logits.classes
                if self.view == "inpainted"
                else self._classify_cut_out(discriminator, real, fake, random)
            )
            assert classes is not None
            terms["consistency"] = Term(pseudo_label_cross_entropy(classes, batch), self.w_consistency)
        if self.w_rotation:
            terms["rotation"] = Term(
                rotation_cross_entropy(discriminator, *rotate_randomly(x, random)), self.w_rotation
            )
        return terms

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: InpaintedImages, random: StepRandom
    ) -> Terms:
        """Returns the terms `rec` and `adv`."""
        logits = discriminator(self._augment(fake.images, random))
        return self._inpainting_terms(logits, self.select_adversarial(batch), fake)

    def select_adversarial(self, batch: Batch) -> Batch:
        """Selects the images that the adversarial terms and the pseudo-labels use."""
        return select_unlabelled_or_all(batch)

    def _augment(self, images: Tensor, random: StepRandom) -> Tensor:
        return diff_augment(images, random, translate=self.translate, colour=self.colour)

    def _classify_cut_out(
        self, discriminator: Discriminator, real: Batch, fake: InpaintedImages, random: StepRandom
    ) -> Tensor:
        assert isinstance(discriminator, Classifier)
        return discriminator.classify(self._augment((1 - fake.masks) * real.images, random))
