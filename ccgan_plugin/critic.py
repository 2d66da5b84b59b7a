"""The critic of CC-GAN: one convolutional trunk, two heads."""

from typing import Annotated, Literal

from pydantic import Field, validate_call
from torch import Tensor, nn

from ccgan_plugin.layers import Init, Norm, init_dcgan_weights, norm_layer
from zoo_core import Discriminator, Dropout, ImageSpec, Logits, UsageError

STAGES = ((1, 1), (2, 1), (4, 2), (8, 2), (8, 2))  # VGG-A: channels in units of the width, convolutions
SMALLEST = 2 ** len(STAGES)
QUARTERS = 4  # of a full turn


class DualHeadPatchGAN(Discriminator):
    """VGG-style critic with two heads: real or filled in, per patch, and which class.

    The trunk is VGG-A, [64] M [128] M [256, 256] M [512, 512] M [512, 512] M, with 3x3 convolutions and LeakyReLU 0.2;
    at 128x128 it ends in 512 maps of 4x4. Both heads read those maps. Without classes there is no class head.

    Args:
        spec: Images to judge, 32 pixels or more each way, and the number of classes.
        width: Channels of the first stage.
        norm: Normalisation after each convolution but the first (see `first_norm`); docs/method.md has the comparison.
        first_norm: Whether the first convolution is normalised too, as in the paper's code.
        init: How weights are drawn: PyTorch's way, or from N(0, 0.02) as in DCGAN and the paper's code.
        validity: One logit for each patch, or a single one for the image.
        rotations: Whether there is a third head, which tells by how many quarter turns an image was rotated.
        dropout: Share of features left out in front of the class head in training.

    Raises:
        UsageError: The images are smaller than 32x32.
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
        if min(spec.height, spec.width) < SMALLEST:
            raise UsageError(
                f"The dual-head critic halves images {len(STAGES)} times and needs {SMALLEST}x{SMALLEST} pixels, "
                f"not {spec.height}x{spec.width}. Write `--image-size {SMALLEST}`."
            )
        features, cells = width * STAGES[-1][0], (spec.height // SMALLEST) * (spec.width // SMALLEST)
        self.trunk = nn.Sequential(*trunk_layers(spec.channels, width, norm, first_norm))
        self.validity: nn.Module = nn.Conv2d(features, 1, 3, padding=1)
        if validity == "scalar":
            self.validity = nn.Sequential(nn.Flatten(), nn.Linear(features * cells, 1))
        self.classes = (
            nn.Sequential(nn.Flatten(), Dropout(dropout), nn.Linear(features * cells, spec.classes))
            if spec.classes
            else None
        )
        self.rotations = nn.Linear(features, QUARTERS) if rotations else None
        if init == "dcgan":
            init_dcgan_weights(self)

    def forward(self, images: Tensor) -> Logits:
        """Judges images (N, C, H, W) in [-1, 1].

        Returns:
            Validity (N, 1, H // 32, W // 32), or (N, 1) where scalar; class logits (N, K), or None without classes.
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
        """The trunk's maps, averaged over space: (N, 8 * width), of images (N, C, H, W) in [-1, 1]."""
        averaged: Tensor = self.trunk(images).mean((2, 3))
        return averaged

    def classify_rotation(self, images: Tensor) -> Tensor:
        """Logits (N, 4) of how many quarter turns images (N, C, H, W) in [-1, 1] were rotated by.

        Raises:
            UsageError: The critic was built without the head for it.
        """
        if self.rotations is None:
            raise UsageError("This critic was built without rotations. Write `-o discriminator.rotations=true`.")
        logits: Tensor = self.rotations(self.features(images))
        return logits


def trunk_layers(channels: int, width: int, norm: Norm, first_norm: bool) -> list[nn.Module]:
    """VGG-A's convolutions and max pools.

    A rising function and a maximum may change places: LeakyReLU comes behind the pool, where values are a quarter.
    """
    layers: list[nn.Module] = []
    for factor, convolutions in STAGES:
        for number in range(convolutions):
            layers += [nn.Conv2d(channels, factor * width, 3, padding=1)]
            layers += [norm_layer(norm if first_norm or len(layers) > 1 else "none", factor * width)]
            layers += [nn.MaxPool2d(2)] if number == convolutions - 1 else []
            layers += [nn.LeakyReLU(0.2, inplace=True)]
            channels = factor * width
    return layers
