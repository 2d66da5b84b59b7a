"""The generator of CC-GAN: a masked autoencoder."""

from typing import Annotated

import torch
from pydantic import Field, validate_call
from torch import Tensor, nn

from ccgan_plugin.layers import Norm, norm_layer
from zoo_core import Generator, ImageSpec, UsageError

WIDEST = 8  # the widest stage has this many times the channels of the first


class MaskedAutoencoder(Generator):
    """Convolutional autoencoder that fills holes in images from their surroundings.

    An encoder of 4x4 convolutions with stride 2, C-64-128-256-512, and a decoder of transposed ones back to C, as in
    Context Encoders (Pathak et al. 2016) and CC-GAN (Denton et al. 2016). Its output is as large as its input.

    Args:
        spec: Images to fill; height and width must be multiples of 2 ** depth.
        width: Channels of the first stage; each further one has twice as many, up to eight times.
        depth: Number of stages, each of which halves the size.
        norm: Normalisation between convolution and activation.
        skips: Join each stage of the encoder to the decoder's of the same size (U-Net).
        mask_channel: Tell the network where the hole is by one more input channel.
        fill: Value that stands in for missing pixels, in [-1, 1]; 0 by the paper's formula.

    Raises:
        UsageError: The images' size is no multiple of 2 ** depth.
    """

    @validate_call
    def __init__(
        self,
        spec: ImageSpec,
        *,
        width: Annotated[int, Field(ge=1)] = 64,
        depth: Annotated[int, Field(ge=1, le=8)] = 4,
        norm: Norm = "batch",
        skips: bool = False,
        mask_channel: bool = False,
        fill: Annotated[float, Field(ge=-1, le=1)] = 0.0,
    ) -> None:
        super().__init__(spec)
        check_size(spec, 2**depth)
        self.skips, self.mask_channel, self.fill = skips, mask_channel, fill
        widths = [width * min(2**stage, WIDEST) for stage in range(depth)]
        inputs = [spec.channels + mask_channel, *widths[:-1]]
        outputs = [spec.channels, *widths[:-1]]
        self.encoder = nn.ModuleList(
            down(source, target, norm if stage else "none")
            for stage, (source, target) in enumerate(zip(inputs, widths, strict=True))
        )
        self.decoder = nn.ModuleList(
            up(widths[stage] * (2 if skips and stage < depth - 1 else 1), outputs[stage], norm, last=stage == 0)
            for stage in reversed(range(depth))
        )

    def forward(self, masked: Tensor, holes: Tensor) -> Tensor:
        """x_G = G(masked).

        Args:
            masked: (N, C, H, W) in [-1, 1], with `fill` where pixels are missing.
            holes: (N, 1, H, W), 1 where pixels are missing.

        Returns:
            (N, C, H, W) in [-1, 1].
        """
        x = torch.cat([masked, holes], dim=1) if self.mask_channel else masked
        stages: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            stages.append(x)
        for number, stage in enumerate(self.decoder):
            join = self.skips and number > 0
            x = stage(torch.cat([x, stages[-1 - number]], dim=1) if join else x)
        return x

    def inpaint(self, images: Tensor, holes: Tensor) -> Tensor:
        """Removes what is in the holes (N, 1, H, W) of images (N, C, H, W), and proposes x_G (N, C, H, W)."""
        filled: Tensor = self((1 - holes) * images + holes * self.fill, holes)
        return filled


def down(source: int, target: int, norm: Norm) -> nn.Sequential:
    """Halves height and width."""
    return nn.Sequential(nn.Conv2d(source, target, 4, 2, 1), norm_layer(norm, target), nn.LeakyReLU(0.2))


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
