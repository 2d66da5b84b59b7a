"""What a data set is: a function from a request to images with what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torch import Tensor

from registry import ZooError

Split = Literal["train", "test"]


@dataclass(frozen=True)
class DatasetRequest:
    """What a data set is asked for.

    Attributes:
        split: "train" or "test".
        image_size: Height and width of the images wanted, in pixels.
        root: Folder that holds the files, where the data set has files.
        download: Whether missing files may be fetched.
    """

    split: Split = "train"
    image_size: int = 32
    root: Path | None = None
    download: bool = False

    def require_root(self, name: str) -> Path:
        """Where the files of the data set with this name are.

        Raises:
            ZooError: Nobody said where.
        """
        if self.root is None:
            raise ZooError(f"{name} needs to know where its files are: write `--data-root DIR`.")
        return self.root


class PixelSource(Protocol):
    """Images that can be read by position, from memory or from files."""

    def __len__(self) -> int: ...

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""


@dataclass(frozen=True)
class ImageDataset:
    """One split of a data set.

    Attributes:
        pixels: Where the images are read from.
        labels: int64 (N,); -1 where an image has no label.
        classes: Names of the classes; empty where there are none.
        channels: 1 or 3.
        image_size: Height and width in pixels.
        origin: Where the images come from, in words.
        horizontal_flip: Whether an image seen in a mirror keeps its class.
        default_labels: Size of the label budget that is usual for this data, or the positions of the images that an
            official protocol grants labels of; None means all labels there are.
        remarks: What a user should know, such as that files could not be read.
        skipped: Files that could not be read, each with the reason.
        decodes_on_read: Whether reading takes long, since it decodes images; a batch is then read ahead.
    """

    pixels: PixelSource
    labels: Tensor
    classes: tuple[str, ...]
    channels: int
    image_size: int
    origin: str
    horizontal_flip: bool = False
    default_labels: int | tuple[int, ...] | None = None
    remarks: Sequence[str] = ()
    skipped: Sequence[str] = ()
    decodes_on_read: bool = False

    def __len__(self) -> int:
        return len(self.labels)
