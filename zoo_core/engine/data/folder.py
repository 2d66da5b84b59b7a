"""Any folder of images: labelled by sub-folder, flat and unlabelled, or both."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
from PIL import Image
from pydantic import Field
from torch import Tensor

from zoo_core.contract.dataset import DataRequest, ImageSet
from zoo_core.contract.errors import ZooError
from zoo_core.contract.randomness import StepRandom
from zoo_core.engine.data.decoding import DAMAGED, read_image, trouble
from zoo_core.engine.data.pixels import StoredPixels, allocate, subset

TEST_SHARE = 0.1
NAMED_AT_MOST = 3


@dataclass(frozen=True)
class LabelledFiles:
    """Image files, the class of each (-1 where it has none) and the names of the classes."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]


def folder(
    request: DataRequest,
    *,
    channels: Literal[1, 3] = 3,
    memory_gib: Annotated[float, Field(ge=0)] = 4.0,
    strict: bool = False,
) -> ImageSet:
    """Images of your own: a sub-folder for each class; images that lie outside of sub-folders are unlabelled.

    A folder that holds `train` and `test` folders is used as split by them; else a fixed tenth is the test split.

    Args:
        request: Which split, how large, and the folder as root.
        channels: 3 for colour, 1 for grey.
        memory_gib: Pixels beyond this many GiB are kept in a temporary file on disk instead of memory.
        strict: Whether a damaged file ends the run; else it is left out and named in the run's skipped-files.txt.

    Raises:
        ZooError: The folder is missing, holds no image that can be read, or, where strict, one that cannot be.
    """
    root = _existing(request.root)
    files = split_files(root, request.split)
    store = allocate(len(files.paths), channels, request.image_size, memory_gib)
    problems = _decode_into(store, files.paths)
    good = torch.tensor([number for number, problem in enumerate(problems) if problem is None], dtype=torch.long)
    damaged = [
        f"{path.relative_to(root)} ({problem})" for path, problem in zip(files.paths, problems, strict=True) if problem
    ]
    if not len(good):
        raise ZooError(f"None of the {len(files.paths)} image files in {request.root} can be read: {_some(damaged)}.")
    if damaged and strict:
        raise ZooError(
            f"{len(damaged)} of {len(files.paths)} image files in {request.root} cannot be read: {_some(damaged)}. "
            "Mend or remove them, or leave `--strict` out."
        )
    images = ImageSet(
        pixels=StoredPixels(store),
        labels=torch.tensor(files.labels),
        classes=files.classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"folder {request.root}",
        mirror=True,
        remarks=[f"{len(damaged)} damaged files were left out: {_some(damaged)}."] if damaged else [],
        skipped=damaged,
    )
    return subset(images, good) if damaged else images


def split_files(root: Path, split: str) -> LabelledFiles:
    """The files of one split: the folder of that name where there are two, else a fixed share.

    Raises:
        ZooError: There are no image files.
    """
    if (root / "train").is_dir() and (root / "test").is_dir():
        return _labelled_files(root / split, _classes(root / "train"))
    files = _labelled_files(root, _classes(root))
    order = StepRandom(0, 0, "test split").permutation(len(files.paths)).tolist()
    held_out = set(order[: round(TEST_SHARE * len(order))])
    chosen = [number for number in range(len(order)) if (number in held_out) == (split == "test")]
    return LabelledFiles(
        tuple(files.paths[number] for number in chosen), tuple(files.labels[number] for number in chosen), files.classes
    )


def _existing(root: Path | None) -> Path:
    if root is None:
        raise ZooError("The data set 'folder' needs to know which one: write `--data FOLDER`.")
    if not root.is_dir():
        raise ZooError(f"There is no folder {root}. Write `--data FOLDER` with a folder of images.")
    return root


def _classes(root: Path) -> tuple[str, ...]:
    """Names of the sub-folders that hold images; a single one tells nothing apart and is no class."""
    names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and _images_below(entry))
    return tuple(names) if len(names) > 1 else ()


def _labelled_files(root: Path, classes: Sequence[str]) -> LabelledFiles:
    paths = _images_below(root)
    if not paths:
        raise ZooError(
            f"There are no image files in {root}. Put some there (.jpg, .png, .webp ...) or name another folder."
        )
    number_of = {name: number for number, name in enumerate(classes)}
    labels = tuple(number_of.get(path.relative_to(root).parts[0], -1) for path in paths)
    return LabelledFiles(tuple(paths), labels, tuple(classes))


def _images_below(root: Path) -> list[Path]:
    suffixes = Image.registered_extensions()
    return sorted(path for path in root.rglob("*") if path.suffix.lower() in suffixes and path.is_file())


def _decode_into(store: Tensor, paths: Sequence[Path]) -> list[str | None]:
    """Fills the store; returns for each file what is wrong with it, or None."""

    def decode(number: int) -> str | None:
        try:
            store[number] = read_image(paths[number], store.shape[-1], store.shape[1])
        except DAMAGED as error:
            return trouble(error)
        return None

    with ThreadPoolExecutor() as pool:
        return list(pool.map(decode, range(len(paths))))


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more
