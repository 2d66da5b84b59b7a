"""Auxiliary classifier GAN (Odena, Olah and Shlens 2017, arXiv 1610.09585)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_core import (
    Batch,
    Classifier,
    ClassSampler,
    Discriminator,
    Fake,
    Generator,
    ImageSpec,
    Loss,
    StepRandom,
    Term,
    Terms,
    UsageError,
)

Count = Annotated[int, Field(ge=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SHRINK = 8  # the generator doubles three times


class ClassToImage(Generator):
    """Noise and a class to an image of that class.

    Args:
        spec: Images to make, with classes; height and width must be multiples of 8.
        width: Channels of the last stage but one.
        noise: Numbers, beside its class, that an image is made of.
        embedding: Numbers that stand for a class.

    Raises:
        UsageError: The data shows no classes, or the images' size is no multiple of 8.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32, noise: Count = 64, embedding: Count = 32) -> None:
        super().__init__(spec)
        check_spec(spec)
        self.noise, size = noise, (spec.height // SHRINK, spec.width // SHRINK)
        self.embedding = nn.Embedding(spec.classes, embedding)
        layers: list[nn.Module] = [nn.Linear(noise + embedding, 4 * width * size[0] * size[1])]
        layers += [nn.Unflatten(1, (4 * width, *size))]
        for source, target in pairwise((4 * width, 2 * width, width, spec.channels)):
            layers += [nn.BatchNorm2d(source), nn.ReLU(), nn.ConvTranspose2d(source, target, 4, 2, 1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Makes images (count, C, H, W) in [-1, 1] of the classes in turn."""
        return self.sample_classes(torch.arange(count, device=random.device) % self.spec.classes, random)

    def sample_classes(self, labels: Tensor, random: StepRandom) -> Tensor:
        """Makes an image of each of the classes (N,): (N, C, H, W) in [-1, 1]."""
        noise = random.normal(len(labels), self.noise)
        images: Tensor = self.layers(torch.cat([noise, self.embedding(labels)], dim=1))
        return images


def check_spec(spec: ImageSpec) -> None:
    """Checks that there are classes to make images of, and that three doublings end at the images' size.

    Raises:
        UsageError: One or the other is not so.
    """
    if not spec.classes:
        raise UsageError(
            "The generator acgan makes images of classes, but no label may be seen here: write `--labels all`, or name "
            "labelled data with `--data NAME`."
        )
    if spec.height % SHRINK or spec.width % SHRINK:
        raise UsageError(
            f"The generator acgan doubles images three times, which cannot end at {spec.height}x{spec.width}. "
            f"Choose a multiple of {SHRINK}, such as `--image-size {-(-spec.height // SHRINK) * SHRINK}`."
        )


@dataclass(frozen=True)
class MadeOfClasses(Fake):
    """Images made of classes that were drawn.

    Attributes:
        images: (N, C, H, W) in [-1, 1].
        labels: The class (N,) that each was to show.
    """

    labels: Tensor


class AuxiliaryClassifier(Loss[MadeOfClasses]):
    """Real or made, and of which class, told of both.

    With x a real image of class y and G(z, c) one made of noise and a class c that is drawn with equal chance::

        L_D = w_adv * (BCE(D_v(x), 1) + BCE(D_v(G(z, c)), 0)) + w_aux * CE(D_c(x), y) + w_aux_fake * CE(D_c(G(z, c)), c)
        L_G = w_adv * BCE(D_v(G(z, c)), 1) + w_aux_fake * CE(D_c(G(z, c)), c)

    after Odena et al. 2017, equations 2 and 3. The class term on real images is over labelled ones only, and 0 in a
    batch without any.

    Args:
        w_adv: Weight of the adversarial terms.
        w_aux: Weight of the class term on real images.
        w_aux_fake: Weight of the class terms on made images, for both sides.
    """

    generator_needs = (ClassSampler,)
    discriminator_needs = (Classifier,)

    @validate_call
    def __init__(self, *, w_adv: Weight = 1.0, w_aux: Weight = 1.0, w_aux_fake: Weight = 1.0) -> None:
        super().__init__()
        self.w_adv, self.w_aux, self.w_aux_fake = w_adv, w_aux, w_aux_fake

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> MadeOfClasses:
        """An image for each real one, of a class of its own."""
        assert isinstance(generator, ClassSampler)
        labels = random.integers(0, generator.spec.classes - 1, len(batch))
        return MadeOfClasses(generator.sample_classes(labels, random), labels)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: MadeOfClasses, random: StepRandom
    ) -> Terms:
        """Real images from made ones, the classes of the labelled, and the classes that were asked for."""
        real, classes = judged(discriminator, batch.images)
        made, made_classes = judged(discriminator, fake.images)
        return {
            "adv": Term(F.softplus(-real).mean() + F.softplus(made).mean(), self.w_adv),
            "aux": Term(class_loss(classes, batch.labels), self.w_aux),
            "aux_fake": Term(class_loss(made_classes, fake.labels), self.w_aux_fake),
        }

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: MadeOfClasses, random: StepRandom
    ) -> Terms:
        """Made images are taken for real, and for what they were to show."""
        made, classes = judged(discriminator, fake.images)
        return {
            "adv": Term(F.softplus(-made).mean(), self.w_adv),
            "aux_fake": Term(class_loss(classes, fake.labels), self.w_aux_fake),
        }


def judged(discriminator: Discriminator, images: Tensor) -> tuple[Tensor, Tensor]:
    """Validity and class logits of images, in float32."""
    logits = discriminator(images)
    assert logits.classes is not None, "a discriminator that classifies gives class logits"
    return logits.validity.float(), logits.classes.float()


def class_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of class logits (N, K) over those of the labels (N,) that are not -1; 0 where all are."""
    errors = F.cross_entropy(logits, labels, ignore_index=-1, reduction="none")
    return errors.sum() / (labels >= 0).sum().clamp(min=1)
