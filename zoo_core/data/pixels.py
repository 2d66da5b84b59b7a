"""Pixels in memory or in a memory-mapped file, their augmentation, and their conversion to tensors for networks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset, PixelSource
from zoo_core.interfaces.randomness import StepRandom

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


def build_dataset(
    request: DatasetRequest, pixels: Tensor, labels: Any, classes: Sequence[str], origin: str, horizontal_flip: bool
) -> ImageDataset:
    """Builds a dataset in memory from pixels, uint8 (N, C, H, W), which are resized, and N labels."""
    return ImageDataset(
        pixels=TensorPixels(resize_images(pixels, request.image_size)),
        labels=torch.as_tensor(labels).long(),
        classes=tuple(classes),
        channels=pixels.shape[1],
        image_size=request.image_size,
        origin=origin,
        horizontal_flip=horizontal_flip,
        default_labels=max(100, 10 * len(classes)),
    )


def resize_images(images: Tensor, size: int) -> Tensor:
    """Resizes images uint8 (N, C, H, W) to (N, C, size, size), bilinear and antialiased."""
    if images.shape[-2:] == (size, size):
        return images
    return torch.cat([_resize_chunk(chunk, size) for chunk in torch.split(images, RESIZE_CHUNK)])


def to_float_images(pixels: Tensor, device: torch.device) -> Tensor:
    """Converts uint8 (n, C, H, W) to float32 in [-1, 1] on a device, channels last."""
    return move_to_device(pixels, device).float().div(127.5).sub(1).to(memory_format=torch.channels_last)


def move_to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copies a tensor to a device; the host does not wait for an accelerator."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def shift_and_flip(images: Tensor, random: StepRandom, shift: int, flip: bool) -> Tensor:
    """Shifts every image by its own random offset, with reflected borders, and flips half of them.

    Args:
        images: (N, C, H, W).
        random: Decides offsets and flips.
        shift: Largest offset in pixels, in both directions and both axes; less than H and W.
        flip: Whether to flip half of the images horizontally.
    """
    count, _, height, width = images.shape
    rows = _reflect(torch.arange(height, device=images.device) + random.integers(-shift, shift, count, 1), height)
    columns = _reflect(torch.arange(width, device=images.device) + random.integers(-shift, shift, count, 1), width)
    if flip:
        flipped = random.integers(0, 1, count, 1).bool()
        columns = torch.where(flipped, width - 1 - columns, columns)
    index = torch.arange(count, device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _resize_chunk(images: Tensor, size: int) -> Tensor:
    resized = F.interpolate(images.float(), (size, size), mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)


def _reflect(positions: Tensor, size: int) -> Tensor:
    """Reflects positions outside of 0 .. size - 1, without repeating the border."""
    return (size - 1) - ((size - 1) - positions.abs()).abs()
