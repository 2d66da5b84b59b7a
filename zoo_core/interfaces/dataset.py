"""What a dataset is: a function from a request to images with their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torch import Tensor

from registry import ZooError

Split = Literal["train", "test"]


@dataclass(frozen=True)
class DatasetRequest:
    """What a dataset is asked to load.

    Attributes:
        split: "train" or "test".
        image_size: Height and width of the images, in pixels.
        root: Folder of the files, if the dataset has files.
        download: Whether missing files may be downloaded.

    Examples:
        >>> from zoo_core import DatasetRequest
        >>> DatasetRequest("test", image_size=64).split
        'test'
    """

    split: Split = "train"
    image_size: int = 32
    root: Path | None = None
    download: bool = False

    def require_root(self, name: str) -> Path:
        """The folder of the files, for the dataset with this name.

        Raises:
            ZooError: No folder was given.
        """
        if self.root is None:
            raise ZooError(f"The dataset {name} needs the folder of its files. Write `--data-root DIR`.")
        return self.root


class PixelSource(Protocol):
    """Images that are read by position, from memory or from files."""

    def __len__(self) -> int: ...

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W)."""


@dataclass(frozen=True)
class ImageDataset:
    """One split of a dataset.

    Attributes:
        pixels: The images.
        labels: int64 (N,), -1 for images without a label.
        classes: Names of the classes; empty if there are none.
        channels: 1 or 3.
        image_size: Height and width in pixels.
        origin: Description of where the images come from.
        horizontal_flip: Whether a horizontally flipped image keeps its class.
        default_labels: Usual size of the label budget, or the positions of the images whose labels an official protocol
            grants; None means all labels.
        notes: Sentences for the user, such as that files could not be read.
        skipped: Files that could not be read, each with the reason.
        decodes_on_read: Whether reading decodes image files, which takes long; batches are then prefetched.

    Examples:
        >>> from zoo_core import DatasetRequest, digits
        >>> test = digits(DatasetRequest("test"))
        >>> len(test), test.channels, test.classes[:3]
        (500, 1, ('0', '1', '2'))
    """

    pixels: PixelSource
    labels: Tensor
    classes: tuple[str, ...]
    channels: int
    image_size: int
    origin: str
    horizontal_flip: bool = False
    default_labels: int | tuple[int, ...] | None = None
    notes: Sequence[str] = ()
    skipped: Sequence[str] = ()
    decodes_on_read: bool = False

    def __len__(self) -> int:
        return len(self.labels)
