"""Datasets that torchvision reads from their original files."""

import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
import torchvision.datasets as tv
from pydantic import Field
from torch import Tensor

from registry import ZooError
from zoo_core.data.pixels import build_dataset, select_images
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

Fold = Annotated[int, Field(ge=1, le=10)]


def mnist(request: DatasetRequest) -> ImageDataset:
    """MNIST: 60,000 + 10,000 grey handwritten digits, 28x28, 10 classes."""
    return _load_mnist(tv.MNIST, request, horizontal_flip=False)


def fashion_mnist(request: DatasetRequest) -> ImageDataset:
    """Fashion-MNIST: 60,000 + 10,000 grey images of clothes, 28x28, 10 classes."""
    return _load_mnist(tv.FashionMNIST, request, horizontal_flip=True)


def cifar10(request: DatasetRequest) -> ImageDataset:
    """CIFAR-10: 50,000 + 10,000 colour photos, 32x32, 10 classes."""
    return _load_cifar(tv.CIFAR10, request)


def cifar100(request: DatasetRequest) -> ImageDataset:
    """CIFAR-100: 50,000 + 10,000 colour photos, 32x32, 100 classes."""
    return _load_cifar(tv.CIFAR100, request)


def svhn(request: DatasetRequest) -> ImageDataset:
    """SVHN: 73,257 + 26,032 colour house numbers, 32x32, 10 classes."""
    root = request.require_root("svhn")
    source = _open_dataset(tv.SVHN, request, root, split=request.split)
    pixels = torch.from_numpy(source.data)
    return build_dataset(request, pixels, source.labels, "0123456789", f"SVHN in {root}", horizontal_flip=False)


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
    is_training = request.split == "train"
    source = _open_dataset(tv.STL10, request, root, split="train+unlabeled" if is_training else "test")
    pixels = torch.from_numpy(source.data)
    images = build_dataset(request, pixels, source.labels, source.classes, f"STL10 in {root}", horizontal_flip=True)
    if not is_training:
        return replace(images, default_labels=1000)
    labels = 1000 if fold is None else _read_fold(root, fold)
    test = _open_dataset(tv.STL10, request, root, split="test").data if dedup else source.data[:0]
    positions = _find_other_images(pixels, torch.from_numpy(test), images.labels < 0)
    protocol = _describe_protocol(fold, dedup, len(pixels) - len(positions))
    return replace(select_images(images, positions), default_labels=labels, notes=[protocol])


def _open_dataset(kind: Any, request: DatasetRequest, root: Path, **arguments: Any) -> Any:
    """Opens a dataset of torchvision, a class that is called with the arguments, from the files in a root."""
    if request.download:
        root.mkdir(parents=True, exist_ok=True)
    try:
        return kind(root=root, download=request.download, **arguments)
    except (RuntimeError, OSError, EOFError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ZooError(
            f"{kind.__name__} cannot be read from {request.root}: {reason} "
            "Name the folder of its files with `--data-root DIR`, or download them with `--download`."
        ) from error


def _load_cifar(kind: Any, request: DatasetRequest) -> ImageDataset:
    root = request.require_root(kind.__name__.lower())
    source = _open_dataset(kind, request, root, train=request.split == "train")
    pixels = torch.from_numpy(source.data).permute(0, 3, 1, 2)
    origin = f"{kind.__name__} in {root}"
    return build_dataset(request, pixels, source.targets, source.classes, origin, horizontal_flip=True)


def _load_mnist(kind: Any, request: DatasetRequest, horizontal_flip: bool) -> ImageDataset:
    with _unpack_files(kind, request.require_root(kind.__name__)) as root:
        source = _open_dataset(kind, request, root, train=request.split == "train")
    origin = f"{kind.__name__} in {request.root}"
    return build_dataset(request, source.data.unsqueeze(1), source.targets, source.classes, origin, horizontal_flip)


@contextmanager
def _unpack_files(kind: Any, root: Path) -> Iterator[Path]:
    """Yields a root with unpacked files: this one, or a temporary one if it has only packed files."""
    raw = root / kind.__name__ / "raw"
    packed = sorted(raw.glob("*-ubyte.gz"))
    if not packed or sorted(raw.glob("*-ubyte")):
        yield root
        return
    with TemporaryDirectory(prefix="zoo-unpacked-") as scratch:
        target = Path(scratch, kind.__name__, "raw")
        target.mkdir(parents=True)
        for path in packed:
            _unpack_file(path, target / path.stem)
        yield Path(scratch)


def _unpack_file(path: Path, target: Path) -> None:
    try:
        with gzip.open(path) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy)
    except (OSError, EOFError, zlib.error) as error:
        raise ZooError(
            f"{path} cannot be unpacked; its download may be incomplete: {error}. Remove it and download it again "
            "with `--download`."
        ) from error


def _read_fold(root: Path, fold: int) -> tuple[int, ...]:
    """Reads the positions in the 5,000 training images of the labels of an official fold, 1 to 10."""
    path = root / tv.STL10.base_folder / tv.STL10.folds_list_file
    try:
        line = path.read_text(encoding="ascii").splitlines()[fold - 1]
        return tuple(int(number) for number in line.split())
    except (OSError, ValueError, IndexError) as error:
        raise ZooError(f"The folds cannot be read from {path}: {error}. Download them with `--download`.") from error


def _find_other_images(images: Tensor, known: Tensor, suspects: Tensor) -> Tensor:
    """Positions (n,) of the images (N, ...) that are not among the known ones; only suspects (N,) are compared."""
    known_bytes = {image.numpy().tobytes() for image in known}
    is_known = [bool(suspects[i]) and image.numpy().tobytes() in known_bytes for i, image in enumerate(images)]
    return torch.nonzero(~torch.tensor(is_known, dtype=torch.bool)).flatten()


def _describe_protocol(fold: int | None, dedup: bool, removed: int) -> str:
    """Describes the protocol in one sentence, for comparison with published numbers."""
    labels = "labels drawn by seed, not an official fold" if fold is None else f"official fold {fold} of 10"
    duplicates = (
        f"{removed:,} unlabelled images that are also test images were left out"
        if dedup
        else "unlabelled images that are also test images were kept, as in most published numbers"
    )
    return f"STL-10 protocol: {labels}; {duplicates}."
