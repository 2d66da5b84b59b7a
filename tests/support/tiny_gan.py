"""A minimal GAN whose training step takes a millisecond; its components use only the public interfaces."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_core import (
    Batch,
    Discriminator,
    Fake,
    Generator,
    ImageDataset,
    ImageSpec,
    Logits,
    Loss,
    StepRandom,
    Term,
    Terms,
)
from zoo_core.data.pixels import TensorPixels


class TinyGenerator(Generator):
    """One linear layer from noise to an image."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)
        self.linear = nn.Linear(3, spec.channels * spec.height * spec.width)

    def sample(self, count: int, random: StepRandom) -> Tensor:
        images: Tensor = self.linear(random.normal(count, 3)).tanh()
        return images.view(count, self.spec.channels, self.spec.height, self.spec.width)


class TinyDiscriminator(Discriminator):
    """One linear layer for each head, with dropout before the validity head."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)
        features = spec.channels * spec.height * spec.width
        self.validity = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(features, 1))
        self.classes = nn.Sequential(nn.Flatten(), nn.Linear(features, max(spec.classes, 1)))

    def forward(self, images: Tensor) -> Logits:
        return Logits(self.validity(images), self.classes(images))

    def classify(self, images: Tensor) -> Tensor:
        logits: Tensor = self.classes(images)
        return logits


class TinyLoss(Loss[Fake]):
    """Least-squares GAN loss (Mao et al. 2017)."""

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        assert isinstance(generator, TinyGenerator)
        return Fake(generator.sample(len(batch), random))

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        real, generated = discriminator(batch.images).validity, discriminator(fake.images).validity
        return {"adv": Term((real - 1).square().mean() + generated.square().mean(), 0.5)}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        return {"adv": Term((discriminator(fake.images).validity - 1).square().mean())}


class TinyClassLoss(TinyLoss):
    """Least-squares GAN loss, with a supervised step on the labelled images."""

    has_supervised_step = True

    def supervised_terms(self, discriminator: Discriminator, batch: Batch, random: StepRandom) -> Terms:
        assert isinstance(discriminator, TinyDiscriminator)
        return {"aux": Term(F.cross_entropy(discriminator.classify(batch.images), batch.labels))}


def make_dataset(count: int = 40, size: int = 8, classes: int = 4) -> ImageDataset:
    """A dataset of noise images; the brightness increases with the class."""
    random = torch.Generator().manual_seed(0)
    labels = torch.arange(count) % max(classes, 1)
    noise = torch.randint(0, 60, (count, 1, size, size), generator=random)
    pixels = (noise + labels[:, None, None, None] * 60).to(torch.uint8)
    names = tuple(f"class {number}" for number in range(classes))
    if not classes:
        labels = torch.full((count,), -1)
    return ImageDataset(TensorPixels(pixels), labels, names, 1, size, "noise")
