"""The data of a training step."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ImageSpec:
    """What a network must know about the images to be built.

    Attributes:
        channels: 1 for grey, 3 for RGB.
        height: In pixels.
        width: In pixels.
        classes: Number of classes; 0 if no labels are used.

    Examples:
        >>> from zoo_core import ImageSpec
        >>> ImageSpec(channels=3, height=32, width=32, classes=10)
        ImageSpec(channels=3, height=32, width=32, classes=10)
    """

    channels: int
    height: int
    width: int
    classes: int = 0


@dataclass(frozen=True)
class Batch:
    """Images with their known labels.

    Attributes:
        images: float32 (N, C, H, W) in [-1, 1].
        labels: int64 (N,); the class, or -1 if the image is unlabelled.
        labelled_indices: int64 (n,), positions of the labelled images, if they are known beforehand: finding them on
            an accelerator would make the host wait.

    Examples:
        >>> import torch
        >>> from zoo_core import Batch
        >>> batch = Batch(torch.zeros(3, 1, 4, 4), torch.tensor([7, -1, 2]))
        >>> batch.select_labelled().labels.tolist(), len(batch.select_unlabelled())
        ([7, 2], 1)
    """

    images: Tensor
    labels: Tensor
    labelled_indices: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def select_labelled(self) -> "Batch":
        """The labelled images alone."""
        indices = self._find_labelled()
        return Batch(self.images[indices], self.labels[indices])

    def select_unlabelled(self) -> "Batch":
        """The unlabelled images alone."""
        labelled = self._find_labelled()
        labelled_last = torch.zeros_like(self.labels).index_fill(0, labelled, 1).argsort(stable=True)
        indices = labelled_last[: len(self) - len(labelled)]
        return Batch(self.images[indices], self.labels[indices], labelled[:0])

    def _find_labelled(self) -> Tensor:
        return torch.nonzero(self.labels >= 0).flatten() if self.labelled_indices is None else self.labelled_indices
