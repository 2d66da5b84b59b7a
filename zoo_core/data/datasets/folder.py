"""Any folder of images: labelled by sub-folders, without labels, or both."""

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

MAX_LISTED = 3


@dataclass(frozen=True)
class LabelledFiles:
    """Image files relative to a folder, the class of each (-1 where it has none) and the names of the classes."""

    names: tuple[str, ...]
    labels: Tensor
    classes: tuple[str, ...]


def folder(request: DatasetRequest, *, channels: Literal[1, 3] = 3, strict: bool = False) -> ImageDataset:
    """Your own images: a sub-folder for each class; images outside of sub-folders are unlabelled.

    If the folder has sub-folders `train` and `test`, they are the splits; otherwise a fixed tenth is the test split.
    Images are decoded once and cached, in the folder that the environment variable ZOO_CACHE names or in the user's
    cache folder.

    Args:
        request: Which split, how large, and the folder as root.
        channels: 3 for colour, 1 for grey.
        strict: Whether a damaged file is an error; otherwise it is skipped and listed in skipped-files.txt of the run.

    Raises:
        ZooError: The folder does not exist or has no readable image; or, if strict, an image is damaged; or the cache
            cannot be written.
    """
    root = _check_root(request.root)
    files = list_split_files(root, request.split)
    pixels, problems = CachedImages(root, request.split, request.image_size, channels).read(files.names)
    damaged = [f"{files.names[number]} ({problem})" for number, problem in problems.items()]
    if len(damaged) == len(files.names):
        raise ZooError(f"None of the {len(files.names)} image files in {request.root} can be read: {_some(damaged)}.")
    if damaged and strict:
        raise ZooError(
            f"{len(damaged)} of {len(files.names)} image files in {request.root} cannot be read: {_some(damaged)}. "
            "Fix or remove them, or omit `--strict`."
        )
    images = ImageDataset(
        pixels=pixels,
        labels=files.labels,
        classes=files.classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"folder {request.root}",
        horizontal_flip=True,
        remarks=[f"{len(damaged)} damaged files were skipped: {_some(damaged)}."] if damaged else [],
        skipped=damaged,
    )
    good = torch.tensor([number for number in range(len(files.names)) if number not in problems])
    return select_images(images, good) if damaged else images


def list_split_files(root: Path, split: Split) -> LabelledFiles:
    """The files of one split: the folder of that name, or a fixed fraction.

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


def _check_root(root: Path | None) -> Path:
    if root is None:
        raise ZooError("The dataset 'folder' needs a folder: write `--data FOLDER`.")
    if not root.is_dir():
        raise ZooError(f"The folder {root} does not exist. Write `--data FOLDER` with a folder of images.")
    return root


def _image_files(root: Path) -> list[str]:
    """The image files below a folder, relative to it, folder by folder.

    Raises:
        ZooError: There are none.
    """
    found = sorted(_images_below(root), key=lambda name: name.split("/"))
    if not found:
        raise ZooError(
            f"The folder {root} has no image files. Add some (.jpg, .png, .webp ...) or choose another folder."
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
    """Names of the sub-folders with images; a single sub-folder is not a class."""
    folders = sorted({name.split("/")[0] for name in names if "/" in name})
    return tuple(folders) if len(folders) > 1 else ()


def _labels(names: Sequence[str], classes: Sequence[str]) -> Tensor:
    number_of = {name: number for number, name in enumerate(classes)}
    return torch.tensor([number_of.get(name.split("/")[0], -1) for name in names])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more
