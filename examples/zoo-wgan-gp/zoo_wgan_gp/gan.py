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
SCALE = 8  # both networks change the image size by a factor of two, three times


class UpsamplingGenerator(Generator):
    """Upsampling and convolutions that turn noise into an image.

    Args:
        spec: Images to generate; height and width must be multiples of 8.
        width: Channels of the last hidden stage.
        noise: Length of the noise vector.

    Raises:
        UsageError: The image size is not a multiple of 8.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32, noise: Count = 64) -> None:
        super().__init__(spec)
        if spec.height % SCALE or spec.width % SCALE:
            raise UsageError(
                f"The generator wgan-gp cannot generate images of {spec.height}x{spec.width} pixels. "
                f"Choose a multiple of {SCALE}, such as `--image-size {-(-spec.height // SCALE) * SCALE}`."
            )
        self.noise, size = noise, (spec.height // SCALE, spec.width // SCALE)
        layers: list[nn.Module] = [nn.Linear(noise, 4 * width * size[0] * size[1]), nn.Unflatten(1, (4 * width, *size))]
        for source, target in pairwise((4 * width, 2 * width, width, spec.channels)):
            layers += [nn.BatchNorm2d(source), nn.ReLU(), nn.Upsample(scale_factor=2)]
            layers += [nn.Conv2d(source, target, 3, padding=1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Generates images (count, C, H, W) in [-1, 1]."""
        images: Tensor = self.layers(random.normal(count, self.noise))
        return images


class Critic(Discriminator):
    """Strided convolutions without batch normalisation.

    The gradient penalty applies to the gradient at each image. With batch normalisation, that gradient would depend on
    all images of the batch.

    Args:
        spec: Images to judge, at least 8 pixels high and wide.
        width: Channels of the first stage.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 32) -> None:
        super().__init__(spec)
        layers: list[nn.Module] = []
        for source, target in pairwise((spec.channels, width, 2 * width, 4 * width)):
            layers += [nn.Conv2d(source, target, 4, 2, 1), nn.LeakyReLU(0.2)]
        features = 4 * width * (spec.height // SCALE) * (spec.width // SCALE)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 1))

    def forward(self, images: Tensor) -> Logits:
        """Scores images (N, C, H, W); the validity logits (N, 1) are unbounded."""
        return Logits(self.layers(images))


class WGANGPLoss(Loss[Fake]):
    """Wasserstein loss with a gradient penalty.

    With x a real image, x~ a generated one and x^ a point on the line between the two::

        L_D = E[D(x~)] - E[D(x)] + w_gp * E[(|grad D(x^)| - 1)^2]
        L_G = -E[D(x~)]

    as in Gulrajani et al. 2017, equation 3 and algorithm 1. If a critic judges patches, D is the mean over the patches.

    Args:
        critic_steps: Critic steps per generator step.
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
        """False: no term uses labels."""
        return False

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Generates one image for each real image, in float32 for the critic's step."""
        assert isinstance(generator, Sampler)
        return Fake(generator.sample(len(batch), random).float())

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Trains the critic to separate the scores of real and generated images, with gradients of norm 1."""
        adv = score_images(discriminator, fake.images).mean() - score_images(discriminator, batch.images).mean()
        points = interpolate(batch.images, fake.images, random)
        return {"adv": Term(adv), "gp": Term(compute_gradient_penalty(discriminator, points), self.w_gp)}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Trains the generator to raise the scores of its images."""
        return {"adv": Term(-score_images(discriminator, fake.images).mean())}


def score_images(critic: Discriminator, images: Tensor) -> Tensor:
    """Scores images (N, C, H, W): (N,), the mean over all patches of an image, in float32."""
    validity: Tensor = critic(images).validity
    return validity.float().flatten(1).mean(1)


def interpolate(real: Tensor, generated: Tensor, random: StepRandom) -> Tensor:
    """Draws a uniformly distributed point on the line between the two images of each pair (N, C, H, W)."""
    fraction = random.uniform(len(real), 1, 1, 1)
    return fraction * real + (1 - fraction) * generated


def compute_gradient_penalty(critic: Discriminator, images: Tensor) -> Tensor:
    """Computes the mean of (norm - 1)^2, where norm is that of the critic's gradient at an image (N, C, H, W)."""
    points = images.detach().requires_grad_()
    # Each score depends only on its own image, so the gradient of the sum contains the gradient of every score.
    (gradients,) = torch.autograd.grad(score_images(critic, points).sum(), points, create_graph=True)
    norms: Tensor = torch.linalg.vector_norm(gradients.flatten(1), dim=1)
    return (norms - 1).square().mean()
