from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from zoo_core import DatasetRequest, ImageDataset, ZooError
from zoo_core.data.datasets import torchvision_datasets
from zoo_core.data.datasets.stl10 import stl10

LoadDataset = Callable[[DatasetRequest], ImageDataset]


def test_fashion_mnist_is_read_from_packed_files(shared_data: Path) -> None:
    train, test = (torchvision_datasets.fashion_mnist(DatasetRequest(s, 28, shared_data)) for s in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert torch.bincount(train.labels).tolist() == [6000] * 10
    assert train.classes[9] == "Ankle boot"
    assert train.labels[0] == 9  # the first training image is an ankle boot
    pixels = train.pixels.read(torch.arange(60_000))
    assert pixels.double().mean() / 255 == pytest.approx(0.2860, abs=1e-4)  # the mean commonly used for normalisation


NEED_FILES = [
    torchvision_datasets.mnist,
    torchvision_datasets.fashion_mnist,
    torchvision_datasets.cifar10,
    torchvision_datasets.cifar100,
    torchvision_datasets.svhn,
    stl10,
]


@pytest.mark.parametrize("load_dataset", NEED_FILES)
def test_a_dataset_of_files_needs_a_folder(load_dataset: LoadDataset) -> None:
    with pytest.raises(ZooError, match="--data-root DIR"):
        load_dataset(DatasetRequest())


@pytest.mark.parametrize("load_dataset", NEED_FILES)
def test_missing_files_are_an_error_that_names_the_download_option(load_dataset: LoadDataset, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=rf"(?s){tmp_path}.*--download"):
        load_dataset(DatasetRequest(root=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_is_an_error_with_the_fix(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b\x08\x00 cut off")
    with pytest.raises(ZooError, match=r"train-images-idx3-ubyte.gz cannot be unpacked.* --download|download it again"):
        torchvision_datasets.mnist(DatasetRequest(root=tmp_path))
