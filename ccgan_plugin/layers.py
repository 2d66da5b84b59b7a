"""Layers that both networks use."""

from typing import Literal

from torch import Tensor, nn

Init = Literal["torch", "dcgan"]
Norm = Literal["none", "batch", "instance", "group"]
GROUP_CHANNELS = 16


class InstanceNorm(nn.GroupNorm):
    """Affine instance normalisation, as a group normalisation with one channel per group.

    On a CPU, PyTorch computes this several times as fast if each channel is contiguous in memory.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Normalises each map (H, W) of (N, channels, H, W) to mean 0 and variance 1, then scales and shifts it."""
        return super().forward(input.contiguous() if input.device.type == "cpu" else input)


def init_dcgan_weights(network: nn.Module) -> None:
    """Initialises convolutions and linear layers from N(0, 0.02), as in DCGAN, with biases of 0.

    The weights of batch normalisations are drawn from N(1, 0.02). Sources: Radford et al. 2016, code of Denton et al.
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


def build_norm(norm: Norm, channels: int) -> nn.Module:
    """Builds an affine normalisation of (N, channels, H, W), with PyTorch's default eps.

    Group normalisation has groups of 16 channels, or one group if there are fewer channels.
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "instance":
        return InstanceNorm(channels)
    if norm == "group":
        return nn.GroupNorm(max(1, channels // GROUP_CHANNELS), channels)
    return nn.Identity()
