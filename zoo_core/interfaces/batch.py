"""What flows through a training step."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageSpec:
    """What the data is: all that a network needs to know of it to be built.

    Attributes:
        channels: 1 for grey, 3 for RGB.
        height: In pixels.
        width: In pixels.
        classes: Number of classes to tell apart; 0 where no label is used.
    """

    channels: int
    height: int
    width: int
    classes: int = 0


@dataclass(frozen=True)
class Batch:
    """Images with what is known of their classes.

    Attributes:
        images: float32 (N, C, H, W) in [-1, 1].
        labels: int64 (N,); the class, or -1 where the image is unlabelled.
        labelled_indices: int64 (n,), positions of the labelled images, where they are known beforehand: finding them out on an
            accelerator would make it wait.
    """

    images: Tensor
    labels: Tensor
    labelled_indices: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def select_labelled(self) -> "Batch":
        """The labelled images alone."""
        rows = self._find_labelled()
        return Batch(self.images[rows], self.labels[rows])

    def select_unlabelled(self) -> "Batch":
        """The unlabelled images alone."""
        rows = self._find_labelled()
        labelled_last = torch.zeros_like(self.labels).index_fill(0, rows, 1).argsort(stable=True)
        others = labelled_last[: len(self) - len(rows)]
        return Batch(self.images[others], self.labels[others], rows[:0])

    def _find_labelled(self) -> Tensor:
        return torch.nonzero(self.labels >= 0).flatten() if self.labelled_indices is None else self.labelled_indices
