"""The networks of CycleGAN (Zhu et al. 2017, arXiv 1703.10593): two of each kind, for classes 0 (A) and 1 (B)."""

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn

from zoo_core import Discriminator, Generator, ImageSpec, Logits, UsageError

Count = Annotated[int, Field(ge=1)]
SCALE = 4  # the generators halve the image size twice, then double it twice
MIN_FEATURE_SIZE = 3  # the last two convolutions of a discriminator each remove one row and column, and one must remain


class ResNetPair(Generator):
    """Two residual networks, one for each direction between two classes.

    Each network is c7s1-w, d2w, d4w, residual blocks, u2w, uw, c7s1-C in the notation of Zhu et al. 2017, appendix. The
    defaults give their network for 256x256 pixels.

    Args:
        spec: Images to translate, of two classes; height and width must be multiples of 4.
        width: Channels of the first stage.
        blocks: Number of residual blocks.

    Raises:
        UsageError: There are not two classes, or the image size is not a multiple of 4.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 64, blocks: Count = 9) -> None:
        super().__init__(spec)
        check_two_classes(spec)
        if spec.height % SCALE or spec.width % SCALE:
            raise UsageError(
                f"The generator cyclegan cannot translate images of {spec.height}x{spec.width} pixels. "
                f"Choose a multiple of {SCALE}, such as `--image-size {-(-spec.height // SCALE) * SCALE}`."
            )
        self.a_to_b = build_resnet(spec.channels, width, blocks)
        self.b_to_a = build_resnet(spec.channels, width, blocks)

    def translate_to_a(self, images: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] to class A."""
        translated: Tensor = self.b_to_a(images)
        return translated

    def translate_to_b(self, images: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] to class B."""
        translated: Tensor = self.a_to_b(images)
        return translated

    def translate(self, images: Tensor, labels: Tensor) -> Tensor:
        """Translates images (N, C, H, W) in [-1, 1] of classes (N,) to the other class."""
        is_a = (labels == 0)[:, None, None, None]
        return torch.where(is_a, self.translate_to_b(images), self.translate_to_a(images))


class PatchGANPair(Discriminator):
    """Two patch discriminators, one for each of two classes.

    Each logit judges a patch of 70x70 pixels at depth 3, as in Zhu et al. 2017, of 34x34 pixels at depth 2 and of 16x16
    pixels at depth 1.

    Args:
        spec: Images to judge, of two classes; at least 3 * 2 ** depth pixels high and wide.
        width: Channels of the first stage; each following stage has twice as many, up to eight times.
        depth: Number of convolutions that halve the size.

    Raises:
        UsageError: There are not two classes, or the images are too small.
    """

    @validate_call
    def __init__(self, spec: ImageSpec, *, width: Count = 64, depth: Count = 3) -> None:
        super().__init__(spec)
        check_two_classes(spec)
        min_size = MIN_FEATURE_SIZE * 2**depth
        if min(spec.height, spec.width) < min_size:
            raise UsageError(
                f"The discriminator cyclegan needs {min_size}x{min_size} pixels at depth {depth}; the images have "
                f"{spec.height}x{spec.width}. Write `--image-size {min_size}`, or a smaller `-o discriminator.depth=N`."
            )
        self.patchgan_a = build_patchgan(spec.channels, width, depth)
        self.patchgan_b = build_patchgan(spec.channels, width, depth)

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) in [-1, 1], the first half as class A and the second half as class B.

        Returns:
            Validity (N, 1, h, w) with h = H // 2 ** depth - 2, and w likewise.
        """
        a, b = images.chunk(2)
        return Logits(torch.cat([self.patchgan_a(a), self.patchgan_b(b)]))


class ResidualBlock(nn.Module):
    """Two convolutions whose output is added to their input (N, channels, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = (nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect") for _ in range(2))
        self.layers = nn.Sequential(*build_stage(first), second, nn.InstanceNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Returns a tensor of the shape of x."""
        residual: Tensor = self.layers(x)
        return x + residual


def build_resnet(channels: int, width: int, blocks: int) -> nn.Sequential:
    """Builds the generator of one direction: (N, channels, H, W) to the same shape, in [-1, 1]."""
    return nn.Sequential(
        *build_stage(nn.Conv2d(channels, width, 7, padding=3, padding_mode="reflect")),
        *build_stage(nn.Conv2d(width, 2 * width, 3, 2, 1)),
        *build_stage(nn.Conv2d(2 * width, 4 * width, 3, 2, 1)),
        *(ResidualBlock(4 * width) for _ in range(blocks)),
        *build_stage(nn.ConvTranspose2d(4 * width, 2 * width, 3, 2, 1, output_padding=1)),
        *build_stage(nn.ConvTranspose2d(2 * width, width, 3, 2, 1, output_padding=1)),
        nn.Conv2d(width, channels, 7, padding=3, padding_mode="reflect"),
        nn.Tanh(),
    )


def build_stage(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    """Adds normalisation and activation to a convolution."""
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU()]


def build_patchgan(channels: int, width: int, depth: int) -> nn.Sequential:
    """Builds the discriminator of one class: `depth` convolutions that halve the size, then two that do not.

    The first and the last convolution are not normalised.
    """
    widths = [channels, *(width * min(2**number, 8) for number in range(depth + 1))]
    layers: list[nn.Module] = []
    for number, (source, target) in enumerate(pairwise(widths)):
        layers.append(nn.Conv2d(source, target, 4, stride=2 if number < depth else 1, padding=1))
        layers += [nn.InstanceNorm2d(target)] if number else []
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, padding=1))


def check_two_classes(spec: ImageSpec) -> None:
    """Checks that the data has two classes.

    Raises:
        UsageError: There are fewer or more than two classes.
    """
    if spec.classes != 2:
        raise UsageError(
            f"CycleGAN translates between two classes, but this run uses {spec.classes or 'none'}. Write "
            "`--data FOLDER` with a folder that contains two sub-folders of images."
        )
