"""What flows through a training step."""

from dataclasses import dataclass

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
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)
