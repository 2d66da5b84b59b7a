"""The loss of modern CC-GAN: in-painting also makes the view from which unlabelled images are learnt."""

from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor

from ccgan_plugin.augment import augmented
from ccgan_plugin.loss import Inpainted, RecAdvAux, Weight, unlabelled_if_any
from ccgan_plugin.masks import HoleKind
from ccgan_plugin.pseudo_labels import Frequencies, Taught, pseudo_labels, trusted_cross_entropy
from ccgan_plugin.terms import r1_penalty, rotated, rotation_cross_entropy
from zoo_core import Batch, Classifier, Discriminator, FeatureExtractor, StepRandom, Term, Terms

R1_EVERY = 16  # steps


class RecAdvAuxConsistency(RecAdvAux):
    """CC-GAN's terms, and a critic that has to give the in-painted image the class of the whole one.

    The averaged critic judges the image x; where it is sure, the critic learns that class on the in-painted image x_I,
    as FixMatch (Sohn et al. 2020) learns pseudo-labels on a strongly augmented view::

        L_D += w_consistency * mean(trust * CE(D_c(x_I), class of x))       trust = max p(x) >= threshold

    The game is played on the unlabelled images, or on all where each has a label; a label then stands, and is trusted.
    There the critic sees images by way of DiffAugment (Zhao et al. 2020), after compositing. The class term is over the
    labelled images as they are.

    Args:
        w_rec: Weight of the reconstruction term.
        w_adv: Weight of the adversarial terms.
        w_aux: Weight of the class term on real images.
        w_consistency: Weight of the class term on in-painted images; 0 leaves it out.
        w_rotation: Weight of telling by which quarter turn a real image was rotated (Gidaris et al. 2018, for GANs Chen
            et al. 2019): features learnt without labels. Needs `discriminator.rotations`.
        w_match: Weight of the distance between mean features of real and in-painted images, for the generator (feature
            matching, Salimans et al. 2016).
        w_r1: Weight of the gradient penalty R1 on real images (Mescheder et al. 2018), taken every 16th step (Karras et
            al. 2020).
        real_target: What the critic should say of real images; 0.9 is one-sided label smoothing.
        threshold: Probability from which on the averaged critic is believed.
        align: Distribution alignment (Berthelot et al. 2020): its probabilities are divided by how often it named each
            class lately, as if all classes were as frequent. Switch it off for data where they are not.
        view: What the class is learnt on: the in-painted image or, for comparison, the image with its hole cut out.
        mirror: Whether the critic sees images mirrored at random, each time anew; for data whose classes bear it.
        translate: Whether the critic sees images shifted by up to an eighth.
        colour: Whether the critic sees images in changed brightness, saturation and contrast.
        hole: Shape of the holes.
        hole_size: Side of the hole as a share of the image's shorter side.
    """

    @validate_call
    def __init__(
        self,
        *,
        w_rec: Weight = 1.0,
        w_adv: Weight = 1.0,
        w_aux: Weight = 1.0,
        w_consistency: Weight = 1.0,
        w_rotation: Weight = 0.0,
        w_match: Weight = 0.0,
        w_r1: Weight = 0.0,
        real_target: Annotated[float, Field(gt=0, le=1)] = 1.0,
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.9,
        align: bool = True,
        view: Literal["inpainted", "cut-out"] = "inpainted",
        mirror: bool = False,
        translate: bool = True,
        colour: bool = False,
        hole: HoleKind = "square",
        hole_size: Annotated[float, Field(gt=0, le=1)] = 0.5,
    ) -> None:
        super().__init__(w_rec=w_rec, w_adv=w_adv, w_aux=w_aux, real_target=real_target, hole=hole, hole_size=hole_size)
        self.w_consistency, self.w_rotation, self.w_match, self.w_r1 = w_consistency, w_rotation, w_match, w_r1
        self.threshold, self.view = threshold, view
        self.mirror, self.translate, self.colour = mirror, translate, colour
        self.needs_teacher = w_consistency > 0
        self.needs_double_backward = w_r1 > 0
        self.frequencies = Frequencies() if align else None
        if w_match:
            self.discriminator_needs = (Classifier, FeatureExtractor)

    @property
    def uses_labels(self) -> bool:
        """Whether a class term has any weight."""
        return self.w_aux > 0 or self.w_consistency > 0

    def taught(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        """The batch with the classes that the averaged critic sees in its images, where it is sure."""
        if not teacher.spec.classes:
            return batch
        assert isinstance(teacher, Classifier)
        played = self._played(batch)
        probabilities = teacher.classify(played.images).float().softmax(1)
        if self.frequencies is not None:
            probabilities = self.frequencies.aligned(probabilities)
        classes, trust = pseudo_labels(played.labels, probabilities, self.threshold)
        return Taught(batch.images, batch.labels, batch.rows, classes=classes, trust=trust)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom
    ) -> Terms:
        """Real against in-painted, the classes of both, and what needs no labels."""
        played, labelled = self._played(batch), batch.labelled()
        x, x_i = self._seen(played.images, random), self._seen(fake.images, random)
        made = discriminator(x_i)
        terms = self._told_apart(discriminator(x), made)
        if made.classes is not None and self.w_aux and len(labelled):
            terms |= self.supervised_terms(discriminator, labelled, random)
        if isinstance(batch, Taught):
            told = made.classes if self.view == "inpainted" else self._cut_out(discriminator, played, fake, random)
            assert told is not None
            terms["consistency"] = Term(trusted_cross_entropy(told, batch), self.w_consistency)
        if self.w_rotation:
            terms["rotation"] = Term(rotation_cross_entropy(discriminator, *rotated(x, random)), self.w_rotation)
        if self.w_r1 and random.step % R1_EVERY == 0:
            terms["r1"] = Term(r1_penalty(discriminator, x), self.w_r1 * R1_EVERY)
        return terms

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Inpainted, random: StepRandom) -> Terms:
        """The hole's true content, a critic that takes the filled image for real, features like those of real ones."""
        played, x_i = self._played(batch), self._seen(fake.images, random)
        terms = self._maker_terms(discriminator(x_i), played, fake)
        if self.w_match:
            assert isinstance(discriminator, FeatureExtractor)
            real, made = (discriminator.features(images).float().mean(0) for images in (played.images, x_i))
            terms["match"] = Term((real.detach() - made).square().sum(), self.w_match)
        return terms

    def _played(self, batch: Batch) -> Batch:
        return unlabelled_if_any(batch)

    def _seen(self, images: Tensor, random: StepRandom) -> Tensor:
        """What the critic is shown of images."""
        return augmented(images, random, mirror=self.mirror, translate=self.translate, colour=self.colour)

    def _cut_out(self, discriminator: Discriminator, played: Batch, fake: Inpainted, random: StepRandom) -> Tensor:
        assert isinstance(discriminator, Classifier)
        return discriminator.classify(self._seen((1 - fake.holes) * played.images, random))
