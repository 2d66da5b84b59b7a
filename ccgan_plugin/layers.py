"""Layers that both networks are made of."""

from typing import Literal

from torch import nn

Norm = Literal["none", "batch", "instance", "group"]
GROUP_CHANNELS = 16


def norm_layer(norm: Norm, channels: int) -> nn.Module:
    """A normalisation of (N, channels, H, W) with PyTorch's default eps; groups hold up to 16 channels each."""
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if norm == "group":
        return nn.GroupNorm(max(1, channels // GROUP_CHANNELS), channels)
    return nn.Identity()
