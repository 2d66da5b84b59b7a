"""Any folder of images: labelled by sub-folders, without labels, or both."""

import os
from collections.abc import Iterator, Sequence
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

MAX_LISTED_FILES = 3  # in messages


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

    Examples:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from PIL import Image
        >>> from zoo_core import DatasetRequest, folder
        >>> with TemporaryDirectory() as root:
        ...     for name in ("cats", "dogs"):
        ...         Path(root, name).mkdir()
        ...         for number in range(10):
        ...             Image.new("RGB", (40, 30)).save(Path(root, name, f"{number}.png"))
        ...     images = folder(DatasetRequest("train", image_size=16, root=Path(root)))
        >>> len(images), images.classes
        (18, ('cats', 'dogs'))
    """
    root = request.root
    if root is None:
        raise ZooError("The dataset 'folder' needs a folder: write `--data FOLDER`.")
    if not root.is_dir():
        raise ZooError(f"The folder {root} does not exist. Write `--data FOLDER` with a folder of images.")
    names, labels, classes = _list_split_files(root, request.split)
    pixels, problems = CachedImages(root, request.split, request.image_size, channels).load(names)
    damaged = [f"{names[number]} ({problem})" for number, problem in problems.items()]
    if len(damaged) == len(names):
        raise ZooError(f"None of the {len(names)} image files in {root} can be read: {_abbreviate(damaged)}.")
    if damaged and strict:
        raise ZooError(
            f"{len(damaged)} of {len(names)} image files in {root} cannot be read: {_abbreviate(damaged)}. "
            "Fix or remove them, or omit `--strict`."
        )
    images = ImageDataset(
        pixels=pixels,
        labels=labels,
        classes=classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"folder {root}",
        horizontal_flip=True,
        notes=[f"{len(damaged)} damaged files were skipped: {_abbreviate(damaged)}."] if damaged else [],
        skipped=damaged,
    )
    readable = torch.tensor([number for number in range(len(names)) if number not in problems])
    return select_images(images, readable) if damaged else images


def _list_split_files(root: Path, split: Split) -> tuple[list[str], Tensor, tuple[str, ...]]:
    """Lists the n files of one split: those of the sub-folder of that name, or a fixed fraction.

    Returns:
        Their names, their labels (n,), -1 for files without one, and the names of the classes.
    """
    if (root / "train").is_dir() and (root / "test").is_dir():
        names = _find_image_files(root / split)
        classes = _find_classes(names if split == "train" else _find_image_files(root / "train"))
        return [f"{split}/{name}" for name in names], _assign_labels(names, classes), classes
    names = _find_image_files(root)
    classes = _find_classes(names)
    positions = draw_test_split(len(names), split)
    return [names[position] for position in positions.tolist()], _assign_labels(names, classes)[positions], classes


def _find_image_files(root: Path) -> list[str]:
    """The image files below a folder, relative to it, folder by folder."""
    names = sorted(_walk_image_files(root), key=lambda name: name.split("/"))
    if not names:
        raise ZooError(
            f"The folder {root} has no image files. Add some (.jpg, .png, .webp ...) or choose another folder."
        )
    return names


def _walk_image_files(folder: Path | str, prefix: str = "") -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_image_files(entry.path, f"{prefix}{entry.name}/")
            elif PurePath(entry.name).suffix.lower() in Image.registered_extensions() and entry.is_file():
                yield prefix + entry.name


def _find_classes(names: Sequence[str]) -> tuple[str, ...]:
    """Names of the sub-folders with images; a single sub-folder is not a class."""
    folders = sorted({name.split("/")[0] for name in names if "/" in name})
    return tuple(folders) if len(folders) > 1 else ()


def _assign_labels(names: Sequence[str], classes: Sequence[str]) -> Tensor:
    numbers = {name: number for number, name in enumerate(classes)}
    return torch.tensor([numbers.get(name.split("/")[0], -1) for name in names])


def _abbreviate(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_LISTED_FILES} more" if len(names) > MAX_LISTED_FILES else ""
    return ", ".join(names[:MAX_LISTED_FILES]) + more
