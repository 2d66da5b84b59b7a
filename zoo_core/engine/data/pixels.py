"""Images held as one uint8 tensor, in memory or mapped from a file on disk."""

import tempfile
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from zoo_core.contract.dataset import ImageSet, PixelSource

GIB = 2**30
CHUNK = 4096


@dataclass(frozen=True)
class StoredPixels:
    """Images that lie ready in a uint8 tensor (N, C, H, W)."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""
        return self.images[indices]


@dataclass(frozen=True)
class SomePixels:
    """Some of another source's images, at the positions in `rows`; nothing is copied."""

    source: PixelSource
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""
        return self.source.read(self.rows[indices])


def subset(images: ImageSet, rows: Tensor) -> ImageSet:
    """The images at these positions, with their labels."""
    return replace(images, pixels=SomePixels(images.pixels, rows), labels=images.labels[rows])


def allocate(count: int, channels: int, size: int, memory_gib: float) -> Tensor:
    """An uninitialised uint8 tensor (count, channels, size, size).

    Args:
        count: Number of images.
        channels: 1 or 3.
        size: Height and width in pixels.
        memory_gib: Up to this many GiB it lies in memory, else in a temporary file that is mapped and goes with the
            process.
    """
    elements = count * channels * size * size
    if elements <= memory_gib * GIB:
        return torch.empty(count, channels, size, size, dtype=torch.uint8)
    with tempfile.NamedTemporaryFile(prefix="zoo-pixels-") as file:
        mapped = torch.from_file(file.name, shared=True, size=elements, dtype=torch.uint8)
    return mapped.view(count, channels, size, size)


def resized(images: Tensor, size: int) -> Tensor:
    """Images uint8 (N, C, H, W) brought to (N, C, size, size), bilinear and antialiased."""
    if images.shape[-2:] == (size, size):
        return images
    return torch.cat([_resized(chunk, size) for chunk in torch.split(images, CHUNK)])


def _resized(images: Tensor, size: int) -> Tensor:
    grown = F.interpolate(images.float(), (size, size), mode="bilinear", antialias=True)
    return grown.round().clamp(0, 255).to(torch.uint8)
