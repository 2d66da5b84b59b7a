"""Datasets that torchvision reads from their original files."""

import gzip
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torchvision.datasets as tv
from torch import Tensor

from registry import ZooError
from zoo_core.data.pixels import TensorPixels, resize_images
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset


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
    source = open_torchvision_dataset(tv.SVHN, request, request.require_root("svhn"), split=request.split)
    pixels = torch.from_numpy(source.data)
    return _build_dataset(request, source, pixels, source.labels, "0123456789", horizontal_flip=False)


def open_torchvision_dataset(kind: Any, request: DatasetRequest, root: Path, **arguments: Any) -> Any:
    """Opens a dataset of torchvision.

    Args:
        kind: The class of the dataset.
        request: Whether the files may be downloaded.
        root: Folder of the files.
        arguments: Further arguments of the class.

    Raises:
        ZooError: Its files are not in root, or are incomplete.
    """
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
    source = open_torchvision_dataset(kind, request, root, train=request.split == "train")
    pixels = torch.from_numpy(source.data).permute(0, 3, 1, 2)
    return _build_dataset(request, source, pixels, source.targets, source.classes, horizontal_flip=True)


def _load_mnist(kind: Any, request: DatasetRequest, horizontal_flip: bool) -> ImageDataset:
    with _unpack_files(kind, request.require_root(kind.__name__)) as root:
        source = open_torchvision_dataset(kind, request, root, train=request.split == "train")
    return _build_dataset(request, source, source.data.unsqueeze(1), source.targets, source.classes, horizontal_flip)


def _build_dataset(
    request: DatasetRequest, source: Any, pixels: Tensor, labels: Any, classes: Sequence[str], horizontal_flip: bool
) -> ImageDataset:
    return ImageDataset(
        pixels=TensorPixels(resize_images(pixels, request.image_size)),
        labels=torch.as_tensor(labels).long(),
        classes=tuple(classes),
        channels=pixels.shape[1],
        image_size=request.image_size,
        origin=f"{type(source).__name__} in {request.root}",
        horizontal_flip=horizontal_flip,
        default_labels=max(100, 10 * len(classes)),
    )


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
