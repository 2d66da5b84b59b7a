"""The generator of CC-GAN: a masked autoencoder."""

from typing import Annotated, Literal

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from ccgan_plugin.layers import Init, Norm, build_norm, init_dcgan_weights
from zoo_core import Generator, ImageSpec, UsageError

LOW_RESOLUTION = 4  # factor by which the low-resolution copy is smaller
LOW_RESOLUTION_STAGE = 2  # number of the stage that receives it
MAX_WIDENING = 8  # of the channels, over those of the first stage

Activation = Literal["leaky", "relu"]


class MaskedAutoencoder(Generator):
    """Convolutional autoencoder that fills holes in images from their surroundings.

    An encoder of 4x4 convolutions with stride 2, C-64-128-256-512, and a decoder of transposed ones back to C, as in
    Context Encoders (Pathak et al. 2016) and CC-GAN (Denton et al. 2016). The output has the size of the input.

    Args:
        spec: Images to fill; height and width must be multiples of 2 ** depth.
        width: Channels of the first stage; each further stage has twice as many, up to eight times.
        depth: Number of stages, each of which halves the size.
        norm: Normalisation between convolution and activation, except in the first stage (see `first_norm`).
        first_norm: Whether the first stage is normalised as well, as in the paper's code.
        activation: Of the encoder: LeakyReLU 0.2, or ReLU as in the paper's code.
        init: Initial weights: PyTorch's default, or from N(0, 0.02) as in DCGAN and the paper's code.
        skips: Concatenates each stage of the encoder with the decoder stage of the same size (U-Net).
        low_resolution: Gives the network a four times smaller copy of the *complete* image after the second stage, as
            in the paper. The copy shows what is in the hole: never compare the metrics with those of runs without it.
            Needs a depth of 3 or more.
        mask_channel: Gives the network the mask as one more input channel.
        fill: Value of missing pixels in the input, in [-1, 1]; 0 by the paper's formula.

    Raises:
        UsageError: The size of the images is not a multiple of 2 ** depth, or the depth is too small for
            `low_resolution`.

    Examples:
        >>> import torch
        >>> from zoo_core import ImageSpec
        >>> generator = MaskedAutoencoder(ImageSpec(channels=3, height=32, width=32), width=4)
        >>> images, masks = torch.zeros(2, 3, 32, 32), torch.ones(2, 1, 32, 32)
        >>> tuple(generator.inpaint(images, masks).shape)
        (2, 3, 32, 32)
    """

    @validate_call
    def __init__(
        self,
        spec: ImageSpec,
        *,
        width: Annotated[int, Field(ge=1)] = 64,
        depth: Annotated[int, Field(ge=1, le=8)] = 4,
        norm: Norm = "batch",
        first_norm: bool = False,
        activation: Activation = "leaky",
        init: Init = "torch",
        skips: bool = False,
        low_resolution: bool = False,
        mask_channel: bool = False,
        fill: Annotated[float, Field(ge=-1, le=1)] = 0.0,
    ) -> None:
        super().__init__(spec)
        check_size(spec, 2**depth)
        if low_resolution and depth <= LOW_RESOLUTION_STAGE:
            least = LOW_RESOLUTION_STAGE + 1
            raise UsageError(f"The low-resolution copy enters stage {least}. Write `-o generator.depth={least}`.")
        self.skips, self.low_resolution, self.mask_channel, self.fill = skips, low_resolution, mask_channel, fill
        widths = [width * min(2**stage, MAX_WIDENING) for stage in range(depth)]
        inputs = [spec.channels + mask_channel, *widths[:-1]]
        if low_resolution:
            inputs[LOW_RESOLUTION_STAGE] += spec.channels
        outputs = [spec.channels, *widths[:-1]]
        self.encoder = nn.ModuleList(
            build_down(source, target, norm if stage or first_norm else "none", activation)
            for stage, (source, target) in enumerate(zip(inputs, widths, strict=True))
        )
        self.decoder = nn.ModuleList(
            build_up(widths[stage] * (2 if skips and stage < depth - 1 else 1), outputs[stage], norm, last=stage == 0)
            for stage in reversed(range(depth))
        )
        if init == "dcgan":
            init_dcgan_weights(self)

    def forward(self, masked: Tensor, masks: Tensor, small: Tensor | None = None) -> Tensor:
        """x_G = G(masked).

        Args:
            masked: (N, C, H, W) in [-1, 1], with `fill` where pixels are missing.
            masks: (N, 1, H, W), 1 where pixels are missing.
            small: (N, C, H // 4, W // 4) in [-1, 1], the complete image in low resolution, if the network uses it.

        Returns:
            (N, C, H, W) in [-1, 1].
        """
        x = torch.cat([masked, masks], dim=1) if self.mask_channel else masked
        stages: list[Tensor] = []
        for number, stage in enumerate(self.encoder):
            x = stage(x if small is None or number != LOW_RESOLUTION_STAGE else torch.cat([x, small], dim=1))
            stages.append(x)
        for number, stage in enumerate(self.decoder):
            join = self.skips and number > 0
            x = stage(torch.cat([x, stages[-1 - number]], dim=1) if join else x)
        return x

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Removes the masked pixels (N, 1, H, W) of images (N, C, H, W) and generates x_G (N, C, H, W)."""
        small = F.avg_pool2d(images, LOW_RESOLUTION) if self.low_resolution else None
        filled: Tensor = self((1 - masks) * images + masks * self.fill, masks, small)
        return filled


def build_down(source: int, target: int, norm: Norm, activation: Activation) -> nn.Sequential:
    """A stage that halves height and width."""
    slope = 0.2 if activation == "leaky" else 0.0
    return nn.Sequential(nn.Conv2d(source, target, 4, 2, 1), build_norm(norm, target), nn.LeakyReLU(slope))


def build_up(source: int, target: int, norm: Norm, last: bool) -> nn.Sequential:
    """A stage that doubles height and width; the last one ends in [-1, 1]."""
    if last:
        return nn.Sequential(nn.ConvTranspose2d(source, target, 4, 2, 1), nn.Tanh())
    return nn.Sequential(nn.ConvTranspose2d(source, target, 4, 2, 1), build_norm(norm, target), nn.ReLU())


def check_size(spec: ImageSpec, multiple: int) -> None:
    """Raises a `UsageError` unless the stages can halve the images, that is, the size is a multiple of `multiple`."""
    if spec.height % multiple or spec.width % multiple:
        below = max(multiple, spec.height // multiple * multiple)
        raise UsageError(
            f"The masked autoencoder halves images {multiple.bit_length() - 1} times; {spec.height}x{spec.width} "
            f"cannot be halved so often. Choose a multiple of {multiple}, such as `--image-size {below}`, or another "
            "`-o generator.depth=N`."
        )
