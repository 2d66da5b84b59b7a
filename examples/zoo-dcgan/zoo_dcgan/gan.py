"""DCGAN (Radford, Metz and Chintala 2016, arXiv 1511.06434)."""

from torch import Tensor, nn
from torch.nn.functional import softplus

from zoo_core import Batch, Discriminator, Fake, Generator, ImageSpec, Logits, Loss, Sampler, StepRandom, Term, Terms


class DCGANGenerator(Generator):
    """Transposed convolutions that turn noise into an image.

    Args:
        spec: Images to generate; height and width must be multiples of 8.
        width: Channels of the last hidden stage.
        noise: Length of the noise vector.
    """

    def __init__(self, spec: ImageSpec, *, width: int = 32, noise: int = 64) -> None:
        super().__init__(spec)
        self.noise, size = noise, (spec.height // 8, spec.width // 8)
        layers: list[nn.Module] = [nn.Linear(noise, 4 * width * size[0] * size[1]), nn.Unflatten(1, (4 * width, *size))]
        for source, target in ((4 * width, 2 * width), (2 * width, width)):
            layers += [nn.BatchNorm2d(source), nn.ReLU(), nn.ConvTranspose2d(source, target, 4, 2, 1)]
        self.layers = nn.Sequential(
            *layers, nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, spec.channels, 4, 2, 1), nn.Tanh()
        )

    def sample(self, count: int, random: StepRandom) -> Tensor:
        """Generates images (count, C, H, W) in [-1, 1]."""
        images: Tensor = self.layers(random.normal(count, self.noise))
        return images


class DCGANDiscriminator(Discriminator):
    """Strided convolutions that reduce an image to one logit.

    Args:
        spec: Images to judge.
        width: Channels of the first stage.
    """

    def __init__(self, spec: ImageSpec, *, width: int = 32) -> None:
        super().__init__(spec)
        layers: list[nn.Module] = []
        for source, target in ((spec.channels, width), (width, 2 * width), (2 * width, 4 * width)):
            layers += [nn.Conv2d(source, target, 4, 2, 1), nn.LeakyReLU(0.2)]
        features = 4 * width * (spec.height // 8) * (spec.width // 8)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 1))

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) and returns validity logits (N, 1)."""
        return Logits(self.layers(images))


class NonSaturatingLoss(Loss[Fake]):
    """Non-saturating GAN loss (Goodfellow et al. 2014)."""

    generator_needs = (Sampler,)

    @property
    def uses_labels(self) -> bool:
        """False: no term uses labels."""
        return False

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """Generates one image for each real image."""
        assert isinstance(generator, Sampler)
        return Fake(generator.sample(len(batch), random))

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Trains the discriminator to classify images as real or generated."""
        real, generated = discriminator(batch.images).validity, discriminator(fake.images).validity
        return {"adv": Term((softplus(-real) + softplus(generated)).mean())}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Trains the generator so that the discriminator takes generated images for real ones."""
        return {"adv": Term(softplus(-discriminator(fake.images).validity).mean())}
