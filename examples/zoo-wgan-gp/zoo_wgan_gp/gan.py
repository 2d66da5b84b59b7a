"""Improved Wasserstein GAN (Gulrajani et al. 2017, arXiv 1704.00028)."""

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn

from zoo_core import (
    Batch,
    Discriminator,
    Fake,
    Generator,
    ImageSpec,
    Logits,
    Loss,
    Sampler,
    StepRandom,
    Term,
    Terms,
    UsageError,
)

Count = Annotated[int, Field(ge=1)]
SHRINK = 8  # both networks halve or double three times


class UpsamplingGenerator(Generator):
    """Upsampling and convolutions from noise.

    Args:
        spec: Images to make; height and width must be multiples of 8.
        width: Channels of the last stage but one.
        noise: Numbers that an image is made of.

    Raises:
        UsageError: The images' size is no multiple of 8.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32, noise: Count = 64) -> None:
        super().__init__(spec)
        if spec.height % SHRINK or spec.width % SHRINK:
            raise UsageError(
                f"The generator wgan-gp doubles images three times, which cannot end at {spec.height}x{spec.width}. "
                f"Choose a multiple of {SHRINK}, such as `--image-size {-(-spec.height // SHRINK) * SHRINK}`."
            )
        self.noise, size = noise, (spec.height // SHRINK, spec.width // SHRINK)
        layers: list[nn.Module] = [nn.Linear(noise, 4 * width * size[0] * size[1]), nn.Unflatten(1, (4 * width, *size))]
        for source, target in pairwise((4 * width, 2 * width, width, spec.channels)):
            layers += [nn.BatchNorm2d(source), nn.ReLU(), nn.Upsample(scale_factor=2)]
            layers += [nn.Conv2d(source, target, 3, padding=1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Makes images (count, C, H, W) in [-1, 1]."""
        images: Tensor = self.layers(random.normal(count, self.noise))
        return images


class Critic(Discriminator):
    """Strided convolutions without batch normalisation.

    The penalty holds for the gradient at each image, which batch normalisation would make depend on all others.

    Args:
        spec: Images to judge, 8 pixels or more each way.
        width: Channels of the first stage.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32) -> None:
        super().__init__(spec)
        layers: list[nn.Module] = []
        for source, target in pairwise((spec.channels, width, 2 * width, 4 * width)):
            layers += [nn.Conv2d(source, target, 4, 2, 1), nn.LeakyReLU(0.2)]
        features = 4 * width * (spec.height // SHRINK) * (spec.width // SHRINK)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 1))

    def forward(self, images: Tensor) -> Logits:
        """Scores images (N, C, H, W): validity (N, 1), without a bound."""
        return Logits(self.layers(images))


class WassersteinGP(Loss[Fake]):
    """Wasserstein distance by a critic of gradient norm 1.

    With x a real image, x~ a made one and x^ a point on the line between the two::

        L_D = E[D(x~)] - E[D(x)] + w_gp * E[(|grad D(x^)| - 1)^2]
        L_G = -E[D(x~)]

    as in Gulrajani et al. 2017, equation 3 and algorithm 1. Of a critic that judges patches, D is the mean over them.

    Args:
        critic_steps: Critic steps for each generator step.
        w_gp: Weight of the gradient penalty.
    """

    generator_needs = (Sampler,)
    needs_double_backward = True

    @validate_call
    def __init__(
        self, *, critic_steps: Count = 5, w_gp: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 10.0
    ) -> None:
        super().__init__()
        self.discriminator_steps, self.w_gp = critic_steps, w_gp

    @property
    def uses_labels(self) -> bool:
        """No term looks at labels."""
        return False

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """As many samples as there are real images, in float32 for the critic's step."""
        assert isinstance(generator, Sampler)
        return Fake(generator.sample(len(batch), random).float())

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Scores far apart, by a critic that is nowhere steep."""
        adv = scores(discriminator, fake.images).mean() - scores(discriminator, batch.images).mean()
        between = interpolated(batch.images, fake.images, random)
        return {"adv": Term(adv), "gp": Term(gradient_penalty(discriminator, between), self.w_gp)}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Made images score high."""
        return {"adv": Term(-scores(discriminator, fake.images).mean())}


def scores(critic: Discriminator, images: Tensor) -> Tensor:
    """One score (N,) for each image (N, C, H, W): the mean over its patches, in float32."""
    validity: Tensor = critic(images).validity
    return validity.float().flatten(1).mean(1)


def interpolated(real: Tensor, made: Tensor, random: StepRandom) -> Tensor:
    """A point for each pair of images (N, C, H, W), anywhere on the line between them with equal chance."""
    share = random.uniform(len(real), 1, 1, 1)
    return share * real + (1 - share) * made


def gradient_penalty(critic: Discriminator, images: Tensor) -> Tensor:
    """Mean squared distance from 1 of the norm of the critic's gradient at each image (N, C, H, W)."""
    points = images.detach().requires_grad_()
    # Each score depends on its own image alone, so the sum's gradient holds every score's own.
    (slope,) = torch.autograd.grad(scores(critic, points).sum(), points, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(slope.flatten(1), dim=1)
    return (norms - 1).square().mean()
