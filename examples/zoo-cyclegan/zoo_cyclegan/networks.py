"""The networks of CycleGAN (Zhu et al. 2017, arXiv 1703.10593): two of each kind, for classes 0 (A) and 1 (B)."""

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn

from zoo_core import Discriminator, Generator, ImageSpec, Logits, UsageError

Count = Annotated[int, Field(ge=1)]
SHRINK = 4  # the generators halve, then double, twice
LEAST_MAP = 3  # the discriminators' last two convolutions take one row and column each, and need one to be left


class TwoWayResNet(Generator):
    """Two residual networks, one for each way between two classes.

    Each is c7s1-w, d2w, d4w, residual blocks, u2w, uw, c7s1-C in the notation of Zhu et al. 2017, appendix; with the
    defaults it is their network for 256x256.

    Args:
        spec: Images to translate, of two classes; height and width must be multiples of 4.
        width: Channels of the first stage.
        blocks: Residual blocks between halving and doubling.

    Raises:
        UsageError: There are not two classes, or the images' size is no multiple of 4.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 64, blocks: Count = 9) -> None:
        super().__init__(spec)
        check_two_classes(spec)
        if spec.height % SHRINK or spec.width % SHRINK:
            raise UsageError(
                f"The generator cyclegan halves images twice, which {spec.height}x{spec.width} does not allow. "
                f"Choose a multiple of {SHRINK}, such as `--image-size {-(-spec.height // SHRINK) * SHRINK}`."
            )
        self.a_to_b = resnet(spec.channels, width, blocks)
        self.b_to_a = resnet(spec.channels, width, blocks)

    def to_a(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] as images of class A."""
        translated: Tensor = self.b_to_a(images)
        return translated

    def to_b(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] as images of class B."""
        translated: Tensor = self.a_to_b(images)
        return translated

    def translate(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] of classes (N,) as images of the other class."""
        of_a = (labels == 0)[:, None, None, None]
        return torch.where(of_a, self.to_b(images), self.to_a(images))


class TwoPatchGANs(Discriminator):
    """Two patch discriminators, one for each of two classes.

    Each logit judges a patch of 70x70 pixels at depth 3, the network of Zhu et al. 2017, of 34x34 at depth 2 and of
    16x16 at depth 1.

    Args:
        spec: Images to judge, of two classes; at least 3 * 2 ** depth pixels each way.
        width: Channels of the first stage; each further one has twice as many, up to eight times.
        depth: Convolutions that halve the size.

    Raises:
        UsageError: There are not two classes, or the images are too small.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 64, depth: Count = 3) -> None:
        super().__init__(spec)
        check_two_classes(spec)
        least = LEAST_MAP * 2**depth
        if min(spec.height, spec.width) < least:
            raise UsageError(
                f"The discriminator cyclegan needs {least}x{least} pixels at depth {depth}, not "
                f"{spec.height}x{spec.width}. Write `--image-size {least}`, or a smaller `-o discriminator.depth=N`."
            )
        self.of_a = patchgan(spec.channels, width, depth)
        self.of_b = patchgan(spec.channels, width, depth)

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) in [-1, 1], the first half as class A and the second as class B.

        Returns:
            Validity (N, 1, h, w) with h = H // 2 ** depth - 2, likewise w.
        """
        a, b = images.chunk(2)
        return Logits(torch.cat([self.of_a(a), self.of_b(b)]))


class Residual(nn.Module):
    """Two convolutions that say what to add to their input (N, channels, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect") for _ in range(2))
        self.layers = nn.Sequential(*stage(first), second, nn.InstanceNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """What is to be added, and the input itself; the shape stays."""
        added: Tensor = self.layers(x)
        return x + added


def resnet(channels: int, width: int, blocks: int) -> nn.Sequential:
    """The generator of one way: (N, channels, H, W) to the same shape, in [-1, 1]."""
    return nn.Sequential(
        *stage(nn.Conv2d(channels, width, 7, padding=3, padding_mode="reflect")),
        *stage(nn.Conv2d(width, 2 * width, 3, 2, 1)),
        *stage(nn.Conv2d(2 * width, 4 * width, 3, 2, 1)),
        *(Residual(4 * width) for _ in range(blocks)),
        *stage(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, output_padding=1)),
        *stage(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1)),
        nn.Conv2d(width, channels, 7, padding=3, padding_mode="reflect"),
        nn.Tanh(),
    )


def stage(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    """A convolution with normalisation and activation."""
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU()]


def patchgan(channels: int, width: int, depth: int) -> nn.Sequential:
    """The discriminator of one class: `depth` halvings and two more convolutions; the first is never normalised."""
    widths = [channels, *(width * min(2**number, 8) for number in range(depth + 1))]
    layers: list[nn.Module] = []
    for number, (source, target) in enumerate(pairwise(widths)):
        layers.append(nn.Conv2d(source, target, 4, stride=2 if number < depth else 1, padding=1))
        layers += [nn.InstanceNorm2d(target)] if number else []
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))


def check_two_classes(spec: ImageSpec) -> None:
    """Checks that there is one class to translate from and one to translate to.

    Raises:
        UsageError: There are more or less than two.
    """
    if spec.classes != 2:
        raise UsageError(
            f"CycleGAN translates between two classes, but {spec.classes or 'none'} can be seen here: write "
            "`--data FOLDER` with a folder that holds two sub-folders of images."
        )
