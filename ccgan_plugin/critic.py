"""The critic of CC-GAN: one convolutional trunk, two heads."""

from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor, nn

from ccgan_plugin.layers import Init, Norm, build_norm, init_dcgan_weights
from zoo_core import Discriminator, Dropout, ImageSpec, Logits, UsageError

STAGES = ((1, 1), (2, 1), (4, 2), (8, 2), (8, 2))  # VGG-A: channels in multiples of the width, convolutions
REDUCTION = 2 ** len(STAGES)  # of height and width, which is also the smallest image size
ROTATIONS = 4  # by 0, 1, 2 or 3 quarter turns


class DualHeadPatchGAN(Discriminator):
    """VGG-style critic with two heads: real or filled in, per patch, and which class.

    The trunk is VGG-A, [64] M [128] M [256, 256] M [512, 512] M [512, 512] M, with 3x3 convolutions and LeakyReLU 0.2;
    at 128x128 it ends in 512 maps of 4x4. Both heads use those maps. Without classes there is no class head.

    Args:
        spec: Images to judge, at least 32x32 pixels, and the number of classes.
        width: Channels of the first stage.
        norm: Normalisation after every convolution except the first (see `first_norm`); docs/method.md compares them.
        first_norm: Whether the first convolution is normalised as well, as in the paper's code.
        init: Initial weights: PyTorch's default, or from N(0, 0.02) as in DCGAN and the paper's code.
        validity: One logit per patch, or a single one per image.
        rotations: Whether there is a third head, which predicts by how many quarter turns an image was rotated.
        dropout: Fraction of the features in front of the class head that training sets to 0.

    Raises:
        UsageError: The images are smaller than 32x32.

    Examples:
        >>> import torch
        >>> from zoo_core import ImageSpec
        >>> critic = DualHeadPatchGAN(ImageSpec(channels=1, height=64, width=64, classes=10), width=4)
        >>> logits = critic(torch.zeros(2, 1, 64, 64))
        >>> tuple(logits.validity.shape), tuple(logits.classes.shape)
        ((2, 1, 2, 2), (2, 10))
    """

    @validate_call
    def __init__(
        self,
        spec: ImageSpec,
        *,
        width: Annotated[int, Field(ge=1)] = 64,
        norm: Norm = "instance",
        first_norm: bool = False,
        init: Init = "torch",
        validity: Literal["patch", "scalar"] = "patch",
        rotations: bool = False,
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5,
    ) -> None:
        super().__init__(spec)
        if min(spec.height, spec.width) < REDUCTION:
            raise UsageError(
                f"The dual-head critic halves the image {len(STAGES)} times and needs at least {REDUCTION}x{REDUCTION} "
                f"pixels, not {spec.height}x{spec.width}. Write `--image-size {REDUCTION}`."
            )
        features, positions = width * STAGES[-1][0], (spec.height // REDUCTION) * (spec.width // REDUCTION)
        self.trunk = nn.Sequential(*build_trunk(spec.channels, width, norm, first_norm))
        self.validity: nn.Module = nn.Conv2d(features, 1, 3, padding=1)
        if validity == "scalar":
            self.validity = nn.Sequential(nn.Flatten(), nn.Linear(features * positions, 1))
        self.classes = (
            nn.Sequential(nn.Flatten(), Dropout(dropout), nn.Linear(features * positions, spec.classes))
            if spec.classes
            else None
        )
        self.rotations = nn.Linear(features, ROTATIONS) if rotations else None
        if init == "dcgan":
            init_dcgan_weights(self)

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) in [-1, 1].

        Returns:
            Validity (N, 1, H // 32, W // 32), or (N, 1) if scalar; class logits (N, K), or None without classes.
        """
        maps = self.trunk(images)
        return Logits(self.validity(maps), None if self.classes is None else self.classes(maps))

    def classify(self, images: Tensor) -> Tensor:
        """Class logits (N, K) of images (N, C, H, W) in [-1, 1].

        Raises:
            UsageError: The critic was built for data without classes.
        """
        if self.classes is None:
            raise UsageError("This critic was built without classes, so it cannot classify. Train one with labels.")
        logits: Tensor = self.classes(self.trunk(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """The maps of the trunk, averaged over all positions: (N, 8 * width), for images (N, C, H, W) in [-1, 1]."""
        averaged: Tensor = self.trunk(images).mean((2, 3))
        return averaged

    def classify_rotation(self, images: Tensor) -> Tensor:
        """Logits (N, 4) of how many quarter turns images (N, C, H, W) in [-1, 1] were rotated by.

        Raises:
            UsageError: The critic was built without a rotation head.
        """
        if self.rotations is None:
            raise UsageError("This critic was built without rotations. Write `-o discriminator.rotations=true`.")
        logits: Tensor = self.rotations(self.features(images))
        return logits


def build_trunk(channels: int, width: int, norm: Norm, first_norm: bool) -> list[nn.Module]:
    """VGG-A's convolutions and max pools.

    A monotonic function commutes with a maximum: LeakyReLU follows the pool, where it has a quarter of the values.
    """
    layers: list[nn.Module] = []
    for factor, convolutions in STAGES:
        for number in range(convolutions):
            layers += [nn.Conv2d(channels, factor * width, 3, padding=1)]
            layers += [build_norm(norm if first_norm or len(layers) > 1 else "none", factor * width)]
            layers += [nn.MaxPool2d(2)] if number == convolutions - 1 else []
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            channels = factor * width
    return layers
