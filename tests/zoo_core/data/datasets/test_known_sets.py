from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits

from zoo_core import DatasetRequest, ImageDataset, ZooError, digits
from zoo_core.data.datasets import torchvision_datasets
from zoo_core.data.datasets.stl10 import stl10

DataSet = Callable[[DatasetRequest], ImageDataset]


def test_digits_are_scikit_learns_without_loss() -> None:
    """At their own size of 8x8 the two splits hold just the 1,797 images, grey values 0 to 16 spread to 0 to 255."""
    parts = [digits(DatasetRequest(split, 8)) for split in ("train", "test")]
    assert [len(part) for part in parts] == [1297, 500]
    ours = torch.cat([part.pixels.read(torch.arange(len(part))) for part in parts]).flatten(1).double()
    theirs = torch.from_numpy(load_digits().data) * 255 / 16
    assert (ours.sum(0) - theirs.sum(0)).abs().max() <= 0.5 * 1797
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.round().tolist()))


def test_the_test_split_of_digits_has_every_class_alike() -> None:
    counts = torch.bincount(digits(DatasetRequest("test")).labels)
    assert counts.min() >= 48
    assert counts.max() <= 52


def test_digits_come_in_any_size() -> None:
    assert digits(DatasetRequest("test", 64)).pixels.read(torch.arange(2)).shape == (2, 1, 64, 64)


def test_fashion_mnist_is_read_from_packed_files_as_they_lie(shared_data: Path) -> None:
    train, test = (torchvision_datasets.fashion_mnist(DatasetRequest(s, 28, shared_data)) for s in ("train", "test"))
    assert (len(train), len(test)) == (60_000, 10_000)
    assert torch.bincount(train.labels).tolist() == [6000] * 10
    assert train.classes[9] == "Ankle boot"
    assert train.labels[0] == 9  # the first training image is an ankle boot
    pixels = train.pixels.read(torch.arange(60_000))
    assert pixels.double().mean() / 255 == pytest.approx(0.2860, abs=1e-4)  # the mean everybody normalises with


NEED_FILES = [
    torchvision_datasets.mnist,
    torchvision_datasets.fashion_mnist,
    torchvision_datasets.cifar10,
    torchvision_datasets.cifar100,
    torchvision_datasets.svhn,
    stl10,
]


@pytest.mark.parametrize("data_set", NEED_FILES)
def test_without_a_folder_it_asks_for_one(data_set: DataSet) -> None:
    with pytest.raises(ZooError, match="--data-root DIR"):
        data_set(DatasetRequest())


@pytest.mark.parametrize("data_set", NEED_FILES)
def test_files_that_are_not_there_are_named_with_the_way_out(data_set: DataSet, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=rf"(?s){tmp_path}.*--download"):
        data_set(DatasetRequest(root=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_is_an_error_not_a_traceback(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"\x1f\x8b\x08\x00 cut off")
    with pytest.raises(ZooError, match=r"train-images-idx3-ubyte.gz cannot be unpacked.* --download|download it again"):
        torchvision_datasets.mnist(DatasetRequest(root=tmp_path))
