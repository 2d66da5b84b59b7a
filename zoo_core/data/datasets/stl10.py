"""STL-10, the dataset of the CC-GAN paper: official folds, and unlabelled images that are also test images."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import torch
import torchvision.datasets as tv
from pydantic import Field
from torch import Tensor

from registry import ZooError
from zoo_core.data.datasets.torchvision_datasets import open_torchvision_dataset
from zoo_core.data.pixels import TensorPixels, resize_images, select_images
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

Fold = Annotated[int, Field(ge=1, le=10)]


def stl10(request: DatasetRequest, *, fold: Fold | None = None, dedup: bool = True) -> ImageDataset:
    """STL-10: 5,000 labelled and 100,000 unlabelled colour photos, 8,000 for test, 96x96, 10 classes.

    Args:
        request: Which split, how large, and where the files are.
        fold: One of the ten official folds of 1,000 labels, 1 to 10; any of the 5,000 labels if not given.
        dedup: Leaves out the unlabelled images that are identical to test images; 7,545 were counted (arXiv
            2506.03582). The test images are then read only to find them.

    Raises:
        ZooError: The files do not exist or are incomplete.
    """
    root = request.require_root("stl10")
    source = open_torchvision_dataset(
        tv.STL10, request, root, split="train+unlabeled" if request.split == "train" else "test"
    )
    pixels = torch.from_numpy(source.data)
    images = ImageDataset(
        pixels=TensorPixels(resize_images(pixels, request.image_size)),
        labels=torch.as_tensor(source.labels).long(),
        classes=tuple(source.classes),
        channels=3,
        image_size=request.image_size,
        origin=f"STL10 in {root}",
        horizontal_flip=True,
        default_labels=1000 if fold is None or request.split == "test" else read_fold(root, fold),
    )
    if request.split == "test":
        return images
    test = open_torchvision_dataset(tv.STL10, request, root, split="test").data if dedup else source.data[:0]
    positions = find_other_images(pixels, torch.from_numpy(test), images.labels < 0)
    protocol = describe_protocol(fold, dedup, len(pixels) - len(positions))
    return replace(select_images(images, positions), notes=[protocol])


def read_fold(root: Path, fold: int) -> tuple[int, ...]:
    """Reads the positions in the 5,000 training images of the labels of an official fold, 1 to 10.

    Raises:
        ZooError: The file of folds is missing or damaged.
    """
    path = root / tv.STL10.base_folder / tv.STL10.folds_list_file
    try:
        line = path.read_text(encoding="ascii").splitlines()[fold - 1]
        return tuple(int(number) for number in line.split())
    except (OSError, ValueError, IndexError) as error:
        raise ZooError(f"The folds cannot be read from {path}: {error}. Download them with `--download`.") from error


def find_other_images(images: Tensor, known: Tensor, suspects: Tensor) -> Tensor:
    """Positions (n,) of the images (N, ...) that are not among the known ones; only suspects (N,) are compared."""
    known_bytes = {image.numpy().tobytes() for image in known}
    is_known = [bool(suspects[i]) and image.numpy().tobytes() in known_bytes for i, image in enumerate(images)]
    return torch.nonzero(~torch.tensor(is_known, dtype=torch.bool)).flatten()


def describe_protocol(fold: int | None, dedup: bool, removed: int) -> str:
    """Describes the protocol in one sentence, for comparison with published numbers."""
    labels = "labels drawn by seed, not an official fold" if fold is None else f"official fold {fold} of 10"
    duplicates = (
        f"{removed:,} unlabelled images that are also test images were left out"
        if dedup
        else "unlabelled images that are also test images were kept, as in most published numbers"
    )
    return f"STL-10 protocol: {labels}; {duplicates}."
