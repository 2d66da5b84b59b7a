"""The generator of CC-GAN: a masked autoencoder."""

from typing import Annotated, Literal

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn
from torch.nn import functional as F

from ccgan_plugin.layers import Init, Norm, init_dcgan_weights, norm_layer
from zoo_core import Generator, ImageSpec, UsageError

LOW_RESOLUTION = 4  # times smaller
JOINED_BEFORE = 2  # stages, each of which halves the size
WIDEST = 8  # the widest stage has this many times the channels of the first


Activation = Literal["leaky", "relu"]


class MaskedAutoencoder(Generator):
    """Convolutional autoencoder that fills holes in images from their surroundings.

    An encoder of 4x4 convolutions with stride 2, C-64-128-256-512, and a decoder of transposed ones back to C, as in
    Context Encoders (Pathak et al. 2016) and CC-GAN (Denton et al. 2016). Its output is as large as its input.

    Args:
        spec: Images to fill; height and width must be multiples of 2 ** depth.
        width: Channels of the first stage; each further one has twice as many, up to eight times.
        depth: Number of stages, each of which halves the size.
        norm: Normalisation between convolution and activation, but in the first stage (see `first_norm`).
        first_norm: Whether the first stage is normalised too, as in the paper's code.
        activation: Of the encoder: LeakyReLU 0.2, or ReLU as in the paper's code.
        init: How weights are drawn: PyTorch's way, or from N(0, 0.02) as in DCGAN and the paper's code.
        skips: Join each stage of the encoder to the decoder's of the same size (U-Net).
        low_resolution: Show the network a four times smaller copy of the image *without* its hole, joined after the
            second stage, as in the paper. It tells what is in the hole: never compare the measures with those of runs
            without it. Needs a depth of 3 or more.
        mask_channel: Tell the network where the hole is by one more input channel.
        fill: Value that stands in for missing pixels, in [-1, 1]; 0 by the paper's formula.

    Raises:
        UsageError: The images' size is no multiple of 2 ** depth, or there are too few stages for `low_resolution`.
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
        if low_resolution and depth <= JOINED_BEFORE:
            least = JOINED_BEFORE + 1
            raise UsageError(f"The low-resolution copy joins before stage {least}. Write `-o generator.depth={least}`.")
        self.skips, self.low_resolution, self.mask_channel, self.fill = skips, low_resolution, mask_channel, fill
        widths = [width * min(2**stage, WIDEST) for stage in range(depth)]
        inputs = [spec.channels + mask_channel, *widths[:-1]]
        if low_resolution:
            inputs[JOINED_BEFORE] += spec.channels
        outputs = [spec.channels, *widths[:-1]]
        self.encoder = nn.ModuleList(
            down(source, target, norm if stage or first_norm else "none", activation)
            for stage, (source, target) in enumerate(zip(inputs, widths, strict=True))
        )
        self.decoder = nn.ModuleList(
            up(widths[stage] * (2 if skips and stage < depth - 1 else 1), outputs[stage], norm, last=stage == 0)
            for stage in reversed(range(depth))
        )
        if init == "dcgan":
            init_dcgan_weights(self)

    def forward(self, masked: Tensor, masks: Tensor, small: Tensor | None = None) -> Tensor:
        """x_G = G(masked).

        Args:
            masked: (N, C, H, W) in [-1, 1], with `fill` where pixels are missing.
            masks: (N, 1, H, W), 1 where pixels are missing.
            small: (N, C, H // 4, W // 4) in [-1, 1], the whole image in low resolution, where the network takes it.

        Returns:
            (N, C, H, W) in [-1, 1].
        """
        x = torch.cat([masked, masks], dim=1) if self.mask_channel else masked
        stages: list[Tensor] = []
        for number, stage in enumerate(self.encoder):
            x = stage(x if small is None or number != JOINED_BEFORE else torch.cat([x, small], dim=1))
            stages.append(x)
        for number, stage in enumerate(self.decoder):
            join = self.skips and number > 0
            x = stage(torch.cat([x, stages[-1 - number]], dim=1) if join else x)
        return x

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        """Removes what is in the holes (N, 1, H, W) of images (N, C, H, W), and proposes x_G (N, C, H, W)."""
        small = F.avg_pool2d(images, LOW_RESOLUTION) if self.low_resolution else None
        filled: Tensor = self((1 - masks) * images + masks * self.fill, masks, small)
        return filled


def down(source: int, target: int, norm: Norm, activation: Activation) -> nn.Sequential:
    """Halves height and width."""
    slope = 0.2 if activation == "leaky" else 0.0
    return nn.Sequential(nn.Conv2d(source, target, 4, 2, 1), norm_layer(norm, target), nn.LeakyReLU(slope))


def up(source: int, target: int, norm: Norm, last: bool) -> nn.Sequential:
    """Doubles height and width; the last one ends in the range of images."""
    if last:
        return nn.Sequential(nn.ConvTranspose2d(source, target, 4, 2, 1), nn.Tanh())
    return nn.Sequential(nn.ConvTranspose2d(source, target, 4, 2, 1), norm_layer(norm, target), nn.ReLU())


def check_size(spec: ImageSpec, multiple: int) -> None:
    """Checks that the stages divide the images without a rest.

    Raises:
        UsageError: They do not.
    """
    if spec.height % multiple or spec.width % multiple:
        below = max(multiple, spec.height // multiple * multiple)
        raise UsageError(
            f"The masked autoencoder halves images {multiple.bit_length() - 1} times, which {spec.height}x{spec.width} "
            f"does not allow. Choose a multiple of {multiple}, such as `--image-size {below}`, or another "
            "`-o generator.depth=N`."
        )
