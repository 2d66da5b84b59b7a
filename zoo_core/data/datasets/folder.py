"""Any folder of images: labelled by sub-folder, flat and unlabelled, or both."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from registry import ZooError
from zoo_core.data.cache import CachedImages
from zoo_core.data.pixels import select_images
from zoo_core.data.split import draw_test_split
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset, Split

NAMED_AT_MOST = 3


@dataclass(frozen=True)
class LabelledFiles:
    """Image files relative to a folder, the class of each (-1 where it has none) and the names of the classes."""

    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]


def folder(request: DatasetRequest, *, channels: Literal[1, 3] = 3, strict: bool = False) -> ImageDataset:
    """Images of your own: a sub-folder for each class; images that lie outside of sub-folders are unlabelled.

    A folder that holds `train` and `test` folders is used as split by them; else a fixed tenth is the test split.
    Images are decoded once and kept, in the folder that the environment variable ZOO_CACHE names, else in the user's
    cache.

    Args:
        request: Which split, how large, and the folder as root.
        channels: 3 for colour, 1 for grey.
        strict: Whether a damaged file ends the run; else it is left out and named in the run's skipped-files.txt.

    Raises:
        ZooError: The folder is missing, holds no image that can be read, or, where strict, one that cannot be; or the
            cache cannot be written.
    """
    root = _existing(request.root)
    files = list_split_files(root, request.split)
    pixels, problems = CachedImages(root, request.split, request.image_size, channels).read(files.names)
    damaged = [f"{files.names[number]} ({problem})" for number, problem in problems.items()]
    if len(damaged) == len(files.names):
        raise ZooError(f"None of the {len(files.names)} image files in {request.root} can be read: {_some(damaged)}.")
    if damaged and strict:
        raise ZooError(
            f"{len(damaged)} of {len(files.names)} image files in {request.root} cannot be read: {_some(damaged)}. "
            "Mend or remove them, or leave `--strict` out."
        )
    images = ImageDataset(
        pixels=pixels,
        labels=files.labels,
        classes=files.classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"folder {request.root}",
        horizontal_flip=True,
        remarks=[f"{len(damaged)} damaged files were left out: {_some(damaged)}."] if damaged else [],
        skipped=damaged,
    )
    good = torch.tensor([number for number in range(len(files.names)) if number not in problems])
    return select_images(images, good) if damaged else images


def list_split_files(root: Path, split: Split) -> LabelledFiles:
    """The files of one split: the folder of that name where there are two, else a fixed share.

    Raises:
        ZooError: There are no image files.
    """
    if (root / "train").is_dir() and (root / "test").is_dir():
        names = _image_files(root / split)
        classes = _classes(names if split == "train" else _image_files(root / "train"))
        return LabelledFiles(tuple(f"{split}/{name}" for name in names), _labels(names, classes), classes)
    names = _image_files(root)
    classes = _classes(names)
    chosen = draw_test_split(len(names), split)
    return LabelledFiles(tuple(names[number] for number in chosen.tolist()), _labels(names, classes)[chosen], classes)


def _existing(root: Path | None) -> Path:
    if root is None:
        raise ZooError("The data set 'folder' needs to know which one: write `--data FOLDER`.")
    if not root.is_dir():
        raise ZooError(f"There is no folder {root}. Write `--data FOLDER` with a folder of images.")
    return root


def _image_files(root: Path) -> list[str]:
    """The image files below a folder, relative to it, folder by folder.

    Raises:
        ZooError: There are none.
    """
    found = sorted(_images_below(root), key=lambda name: name.split("/"))
    if not found:
        raise ZooError(
            f"There are no image files in {root}. Put some there (.jpg, .png, .webp ...) or name another folder."
        )
    return found


def _images_below(folder: Path | str, above: str = "") -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _images_below(entry.path, f"{above}{entry.name}/")
            elif PurePath(entry.name).suffix.lower() in Image.registered_extensions() and entry.is_file():
                yield above + entry.name


def _classes(names: Sequence[str]) -> tuple[str, ...]:
    """Names of the sub-folders that hold images; a single one tells nothing apart and is no class."""
    folders = sorted({name.split("/")[0] for name in names if "/" in name})
    return tuple(folders) if len(folders) > 1 else ()


def _labels(names: Sequence[str], classes: Sequence[str]) -> Tensor:
    number_of = {name: number for number, name in enumerate(classes)}
    return torch.tensor([number_of.get(name.split("/")[0], -1) for name in names])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more
