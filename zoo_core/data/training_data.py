"""Everything a trainer is told of the data."""

from hashlib import sha256
from itertools import chain
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

    Labels outside the budget are replaced by -1 right here, so that nothing behind this point can learn from them.

    Args:
        images: A data set's training images with all labels there are.
        labels: Size of the label budget, "all", the positions it consists of, or None for what is usual for this data.
        validation: How many images to hold out; a tenth, at most 2,000, where None.
        seed: Decides the draw.
        split: A split drawn before, in place of a new one.

    Raises:
        UsageError: The label budget cannot be filled, or the split is one of other images.
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
        if sorted(chain.from_iterable(self.split.as_dict().values())) != list(range(len(images))):
            raise UsageError(f"The split is not one of these {len(images)} images. Restore them, or draw a new split.")
        self.labels = hide_labels(images.labels, self.split)

    @property
    def spec(self) -> ImageSpec:
        """What networks need to know; no classes where no label may be seen."""
        classes = len(self.images.classes) if self.split.labelled else 0
        return ImageSpec(self.images.channels, self.images.image_size, self.images.image_size, classes)

    def read(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Training images at these positions, uint8 (n, C, H, W), and the labels that may be seen, int64 (n,)."""
        return self.images.pixels.read(indices), self.labels[indices]

    def validation(self) -> ImageDataset:
        """The held-out images with their labels, to measure by."""
        return select_images(self.images, torch.tensor(self.split.validation, dtype=torch.long))

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What tells these images from others: how many there are, and a sum over all labels there are."""
        return {"count": len(self.images), "labels_sha256": sha256(self.images.labels.numpy().tobytes()).hexdigest()}

    def describe(self) -> str:
        """One line that says how many images there are and which labels are seen."""
        labelled, unlabelled, validation = (len(part) for part in self.split.as_dict().values())
        return (
            f"{labelled + unlabelled + validation:,} training images from {self.images.origin}: {labelled:,} labelled, "
            f"{unlabelled:,} unlabelled, {validation:,} held out for validation"
        )
