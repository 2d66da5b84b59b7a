"""DCGAN (Radford, Metz and Chintala 2016)."""

from torch import Tensor, nn
from torch.nn.functional import softplus

from zoo_core import Batch, Discriminator, Fake, Generator, ImageSpec, Logits, Loss, Sampler, StepRandom, Term, Terms


class NoiseToImage(Generator):
    """Transposed convolutions from noise to an image.

    Args:
        spec: Images to make; height and width must be multiples of 8.
        width: Channels of the last stage but one.
        noise: Numbers that an image is made of.
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
        """Makes images (count, C, H, W) in [-1, 1]."""
        images: Tensor = self.layers(random.normal(count, self.noise))
        return images


class ImageToLogit(Discriminator):
    """Strided convolutions from an image to one logit.

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
        """Judges images (N, C, H, W): validity (N, 1)."""
        return Logits(self.layers(images))


class NonSaturating(Loss[Fake]):
    """The non-saturating game of the first GANs."""

    generator_needs = (Sampler,)

    @property
    def uses_labels(self) -> bool:
        """No term looks at labels."""
        return False

    def generate(self, generator: Generator, batch: Batch, random: StepRandom) -> Fake:
        """As many samples as there are real images."""
        return Fake(generator.sample(len(batch), random))

    def discriminator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Real images are real, made ones are not."""
        real, made = discriminator(batch.images).validity, discriminator(fake.images).validity
        return {"adv": Term((softplus(-real) + softplus(made)).mean())}

    def generator_terms(self, discriminator: Discriminator, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        """Made images are taken for real."""
        return {"adv": Term(softplus(-discriminator(fake.images).validity).mean())}
