"""Pixels in memory or in a memory-mapped file, and their conversion to tensors for networks."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from zoo_core.interfaces.dataset import ImageDataset, PixelSource

RESIZE_CHUNK = 4096  # images that are resized at a time, which limits the memory needed


@dataclass(frozen=True)
class TensorPixels:
    """Images in a uint8 tensor (N, C, H, W)."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""
        return self.images[indices]


@dataclass(frozen=True)
class MemmapPixels:
    """Images in a memory-mapped file, uint8 (N, C, H, W); only what is read is loaded into memory."""

    images: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""
        return torch.from_numpy(np.asarray(self.images)[indices.numpy()])


@dataclass(frozen=True)
class PixelSubset:
    """The images of another source at some positions (n,); nothing is copied."""

    source: PixelSource
    positions: Tensor

    def __len__(self) -> int:
        return len(self.positions)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions of the subset as uint8 (n, C, H, W)."""
        return self.source.read(self.positions[indices])


def select_images(images: ImageDataset, positions: Tensor) -> ImageDataset:
    """The images at these positions, with their labels."""
    return replace(images, pixels=PixelSubset(images.pixels, positions), labels=images.labels[positions])


def resize_images(images: Tensor, size: int) -> Tensor:
    """Resizes images uint8 (N, C, H, W) to (N, C, size, size), bilinear and antialiased."""
    if images.shape[-2:] == (size, size):
        return images
    return torch.cat([_resize_chunk(chunk, size) for chunk in torch.split(images, RESIZE_CHUNK)])


def to_float_images(pixels: Tensor, device: torch.device) -> Tensor:
    """Converts uint8 (n, C, H, W) to float32 in [-1, 1] on a device, channels last.

    Example:
        >>> to_float_images(torch.tensor([[[[0, 255]]]], dtype=torch.uint8), torch.device("cpu")).tolist()
        [[[[-1.0, 1.0]]]]
    """
    return move_to_device(pixels, device).float().div(127.5).sub(1).to(memory_format=torch.channels_last)


def move_to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copies a tensor to a device; the host does not wait for an accelerator."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def _resize_chunk(images: Tensor, size: int) -> Tensor:
    resized = F.interpolate(images.float(), (size, size), mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)
