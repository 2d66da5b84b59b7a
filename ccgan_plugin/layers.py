"""Layers that both networks are made of."""

from typing import Literal

from torch import Tensor, nn

Init = Literal["torch", "dcgan"]
Norm = Literal["none", "batch", "instance", "group"]
GROUP_CHANNELS = 16


class InstanceNorm(nn.GroupNorm):
    """An affine instance normalisation: a group normalisation with one channel in each group.

    torch computes such groups several times as fast on a CPU where a channel lies in one piece.

    Args:
        channels: Of the maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Maps (N, channels, H, W), each brought to mean 0 and variance 1, then scaled and shifted."""
        return super().forward(input.contiguous() if input.device.type == "cpu" else input)


def init_dcgan_weights(network: nn.Module) -> None:
    """Draws the weights of convolutions and linear layers anew from N(0, 0.02), as DCGAN does; biases are 0.

    The scales of batch normalisation come from N(1, 0.02) (Radford et al. 2016; Denton et al.'s code).
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """An affine normalisation of (N, channels, H, W), with PyTorch's default eps; a group holds up to 16 channels."""
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "instance":
        return InstanceNorm(channels)
    if norm == "group":
        return nn.GroupNorm(max(1, channels // GROUP_CHANNELS), channels)
    return nn.Identity()
