"""The training images with a label budget, and the validation images."""

from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from registry import UsageError
from zoo_core.data.pixels import select_images
from zoo_core.data.split import DataSplit, LabelBudget, hide_labels, split_training_images
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.dataset import ImageDataset


class TrainingData:
    """Training images with a label budget, and validation images held out of them.

    Labels outside the budget are replaced by -1 here, so that nothing that receives this object can learn from them.

    Args:
        images: The training images of a dataset, with all their labels.
        labels: Size of the label budget, "all", the positions of its images, or None for the dataset's default.
        validation: Number of images to hold out; a tenth, at most 2,000, if None.
        seed: Random seed.
        split: An earlier split, instead of a new one.

    Raises:
        UsageError: There are too few images or labels, or the split belongs to other images.

    Examples:
        >>> from zoo_core import DatasetRequest, TrainingData, digits
        >>> data = TrainingData(digits(DatasetRequest("train")), labels=50)
        >>> data.describe().split(": ")[1]
        '50 labelled, 1,117 unlabelled, 130 held out for validation'
    """

    def __init__(
        self,
        images: ImageDataset,
        *,
        labels: LabelBudget = None,
        validation: int | None = None,
        seed: int = 0,
        split: DataSplit | None = None,
    ) -> None:
        self.images = images
        self.split = split or split_training_images(images, labels, validation, seed)
        if sorted(self.split.labelled + self.split.unlabelled + self.split.validation) != list(range(len(images))):
            raise UsageError(
                f"The split does not belong to these {len(images)} images. Restore the images, or draw a new split."
            )
        self.labels = hide_labels(images.labels, self.split)

    @property
    def spec(self) -> ImageSpec:
        """What networks must know about the images; without classes if no labels are used."""
        classes = len(self.images.classes) if self.split.labelled else 0
        return ImageSpec(self.images.channels, self.images.image_size, self.images.image_size, classes)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Identifies the images: their number, and a hash of all labels."""
        return {"count": len(self.images), "labels_sha256": sha256(self.images.labels.numpy().tobytes()).hexdigest()}

    def read(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Training images at these positions, uint8 (n, C, H, W), and their visible labels, int64 (n,)."""
        return self.images.pixels.read(indices), self.labels[indices]

    def select_validation(self) -> ImageDataset:
        """The validation images with their labels."""
        return select_images(self.images, torch.tensor(self.split.validation, dtype=torch.long))

    def describe(self) -> str:
        """One line with the numbers of labelled, unlabelled and validation images."""
        return (
            f"{len(self.images):,} training images from {self.images.origin}: {len(self.split.labelled):,} labelled, "
            f"{len(self.split.unlabelled):,} unlabelled, {len(self.split.validation):,} held out for validation"
        )
