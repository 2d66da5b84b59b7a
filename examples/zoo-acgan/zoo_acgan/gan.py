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
SCALE = 8  # the generator doubles the image size three times


class ACGANGenerator(Generator):
    """Transposed convolutions that turn noise and a class into an image.

    Args:
        spec: Images to generate, with classes; height and width must be multiples of 8.
        width: Channels of the last hidden stage.
        noise: Length of the noise vector.
        embedding: Length of the vector that represents a class.

    Raises:
        UsageError: The data has no classes, or the image size is not a multiple of 8.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32, noise: Count = 64, embedding: Count = 32) -> None:
        super().__init__(spec)
        check_spec(spec)
        self.noise, size = noise, (spec.height // SCALE, spec.width // SCALE)
        self.embedding = nn.Embedding(spec.classes, embedding)
        layers: list[nn.Module] = [nn.Linear(noise + embedding, 4 * width * size[0] * size[1])]
        layers += [nn.Unflatten(1, (4 * width, *size))]
        for source, target in pairwise((4 * width, 2 * width, width, spec.channels)):
            layers += [nn.BatchNorm2d(source), nn.ReLU(), nn.ConvTranspose2d(source, target, 4, 2, 1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Generates images (count, C, H, W) in [-1, 1] of classes 0, 1, 2 and so on, starting again after the last."""
        return self.sample_classes(torch.arange(count, device=random.device) % self.spec.classes, random)

    def sample_classes(self, labels: Tensor, random: StepRandom) -> Tensor:
        """Generates one image of each class in labels (N,): (N, C, H, W) in [-1, 1]."""
        noise = random.normal(len(labels), self.noise)
        images: Tensor = self.layers(torch.cat([noise, self.embedding(labels)], dim=1))
        return images


def check_spec(spec: ImageSpec) -> None:
    """Checks that the data has classes and that the generator can generate images of this size.

    Raises:
        UsageError: There are no classes, or the image size is not a multiple of 8.
    """
    if not spec.classes:
        raise UsageError(
            "The generator acgan needs classes, but this run uses no labels. Write `--labels all`, or choose labelled "
            "data with `--data NAME`."
        )
    if spec.height % SCALE or spec.width % SCALE:
        raise UsageError(
            f"The generator acgan cannot generate images of {spec.height}x{spec.width} pixels. "
            f"Choose a multiple of {SCALE}, such as `--image-size {-(-spec.height // SCALE) * SCALE}`."
        )


@dataclass(frozen=True)
class ClassConditionalFake(Fake):
    """Generated images with the classes that they were generated from.

    Attributes:
        images: (N, C, H, W) in [-1, 1].
        labels: Class (N,) of each image.
    """

    labels: Tensor


class ACGANLoss(Loss[ClassConditionalFake]):
    """Adversarial and class terms on real and generated images.

    With x a real image of class y, and G(z, c) an image generated from noise and a uniformly drawn class c::

        L_D = w_adv * (BCE(D_v(x), 1) + BCE(D_v(G(z, c)), 0)) + w_aux * CE(D_c(x), y) + w_aux_fake * CE(D_c(G(z, c)), c)
        L_G = w_adv * BCE(D_v(G(z, c)), 1) + w_aux_fake * CE(D_c(G(z, c)), c)

    after Odena et al. 2017, equations 2 and 3. The class term on real images uses only labelled images; it is 0 for a
    batch without labels.

    Args:
        w_adv: Weight of the adversarial terms.
        w_aux: Weight of the class term on real images.
        w_aux_fake: Weight of the class terms on generated images, for both networks.
    """

    generator_needs = (ClassSampler,)
    discriminator_needs = (Classifier,)

    @validate_call
    def __init__(self, *, w_adv: Weight = 1.0, w_aux: Weight = 1.0, w_aux_fake: Weight = 1.0) -> None:
        super().__init__()
        self.w_adv, self.w_aux, self.w_aux_fake = w_adv, w_aux, w_aux_fake

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> ClassConditionalFake:
        """Generates one image of a random class for each real image."""
        assert isinstance(generator, ClassSampler)
        labels = random.integers(0, generator.spec.classes - 1, len(batch))
        return ClassConditionalFake(generator.sample_classes(labels, random), labels)

    def discriminator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: ClassConditionalFake, random: StepRandom
    ) -> Terms:
        """Trains validity on all images, and classes on labelled and generated images."""
        real, real_classes = compute_logits(discriminator, batch.images)
        generated, generated_classes = compute_logits(discriminator, fake.images)
        return {
            "adv": Term(F.softplus(-real).mean() + F.softplus(generated).mean(), self.w_adv),
            "aux": Term(compute_class_loss(real_classes, batch.labels), self.w_aux),
            "aux_fake": Term(compute_class_loss(generated_classes, fake.labels), self.w_aux_fake),
        }

    def generator_terms(
        self, discriminator: Discriminator, batch: Batch, fake: ClassConditionalFake, random: StepRandom
    ) -> Terms:
        """Trains the generator so that its images are taken for real ones and show the right class."""
        validity, classes = compute_logits(discriminator, fake.images)
        return {
            "adv": Term(F.softplus(-validity).mean(), self.w_adv),
            "aux_fake": Term(compute_class_loss(classes, fake.labels), self.w_aux_fake),
        }


def compute_logits(discriminator: Discriminator, images: Tensor) -> tuple[Tensor, Tensor]:
    """Computes the validity and class logits of images, in float32."""
    logits = discriminator(images)
    assert logits.classes is not None, "a discriminator that classifies returns class logits"
    return logits.validity.float(), logits.classes.float()


def compute_class_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Computes the mean cross-entropy of class logits (N, K) over all labels (N,) except -1; 0 if all are -1."""
    errors = F.cross_entropy(logits, labels, ignore_index=-1, reduction="none")
    return errors.sum() / (labels >= 0).sum().clamp(min=1)
