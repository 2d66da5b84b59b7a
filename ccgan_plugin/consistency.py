"""The loss of the recipe ccgan-modern: the critic learns pseudo-labels on in-painted images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from ccgan_plugin.augment import diff_augment
from ccgan_plugin.loss import InpaintedImages, RecAdvAux, Weight, select_unlabelled_or_all
from ccgan_plugin.terms import rotate_randomly, rotation_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, StepRandom, Term, Terms, all_reduce_mean

DECAY = 0.99  # of the running mean of predictions


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

    Examples:
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
        return PseudoLabelledBatch(**vars(batch), pseudo_labels=classes, selected=selected)

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
            classes = logits.classes
            if self.view == "cut-out":
                assert isinstance(discriminator, Classifier)
                classes = discriminator.classify(self._augment((1 - fake.masks) * real.images, random))
            assert classes is not None
            terms["consistency"] = Term(pseudo_label_cross_entropy(classes, batch), self.w_consistency)
        if self.w_rotation:
            value = rotation_cross_entropy(discriminator, *rotate_randomly(x, random))
            terms["rotation"] = Term(value, self.w_rotation)
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


@dataclass(frozen=True, kw_only=True)
class PseudoLabelledBatch(Batch):
    """A batch with a pseudo-label for each image that the adversarial terms use.

    Attributes:
        pseudo_labels: int64 (M,); the known label, or the class that the teacher predicts.
        selected: float32 (M,); 1 where the pseudo-label is learnt, 0 where the prediction is too uncertain.
    """

    pseudo_labels: Tensor
    selected: Tensor


def select_pseudo_labels(labels: Tensor, probabilities: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """Takes the classes with the highest probabilities (M, K), and selects those that reach the threshold.

    A known label, int64 (M,), replaces the prediction and is always selected; -1 is an unknown label.
    """
    confidence, predicted = probabilities.max(1)
    known = labels >= 0
    return torch.where(known, labels, predicted), (known | (confidence >= threshold)).float()


def pseudo_label_cross_entropy(logits: Tensor, batch: PseudoLabelledBatch) -> Tensor:
    """Cross-entropy of class logits (M, K), summed over the selected images and divided by the number M of all."""
    return (batch.selected * F.cross_entropy(logits.float(), batch.pseudo_labels, reduction="none")).mean()


class DistributionAlignment(nn.Module):
    """Distribution alignment: divides predictions by their running mean, which every checkpoint contains.

    Source: ReMixMatch (Berthelot et al. 2020, section 3.1), here with equally frequent classes as the target.
    """

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running", torch.empty(0))

    def align(self, probabilities: Tensor) -> Tensor:
        """Updates the running mean with probabilities (N, K), and returns them divided by it and normalised."""
        classes = probabilities.shape[1]
        previous = self.running if len(self.running) else probabilities.new_full((classes,), 1 / classes)
        self.running = DECAY * previous + (1 - DECAY) * all_reduce_mean(probabilities.mean(0))
        aligned = probabilities / self.running
        return aligned / aligned.sum(1, keepdim=True)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *others: Any) -> None:
        """Resizes the buffer first: the number of classes is unknown before the first batch."""
        self.running = torch.empty_like(state_dict[f"{prefix}running"], device=self.running.device)
        super()._load_from_state_dict(state_dict, prefix, *others)
