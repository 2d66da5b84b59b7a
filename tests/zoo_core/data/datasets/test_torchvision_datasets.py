from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets as tv

from zoo_core import DatasetRequest, ImageDataset, TrainingData, ZooError
from zoo_core.data.datasets import torchvision_datasets
from zoo_core.data.datasets.torchvision_datasets import stl10

LABELLED, UNLABELLED, TEST, DUPLICATES = 40, 30, 20, 7  # images of a small STL-10

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


@pytest.fixture
def stl10_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small STL-10, since the real one is too large; its checksums are not compared with the real ones."""
    monkeypatch.setattr(tv.STL10, "_check_integrity", lambda self: True)
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (LABELLED + UNLABELLED + TEST, 3, 96, 96), dtype=np.uint8)
    train, unlabelled, test = np.split(pixels, [LABELLED, LABELLED + UNLABELLED])
    unlabelled[:DUPLICATES] = test[:DUPLICATES]
    train[0] = test[0]  # a labelled duplicate is kept: it is part of the protocol
    for name, part in (("train", train), ("unlabeled", unlabelled), ("test", test)):
        part.tofile(folder / f"{name}_X.bin")
    for name, count in (("train", LABELLED), ("test", TEST)):
        (np.arange(count) % 10 + 1).astype(np.uint8).tofile(folder / f"{name}_y.bin")
    (folder / "class_names.txt").write_text("\n".join("abcdefghij"))
    (folder / "fold_indices.txt").write_text("\n".join(" ".join(str(n + k) for n in range(20)) for k in range(10)))
    return tmp_path


def test_only_the_labels_of_the_fold_are_used(stl10_root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, stl10_root), fold=3)
    data = TrainingData(images, seed=5)
    assert sorted(data.split.labelled) == list(range(2, 22))
    assert torch.nonzero(data.labels >= 0).flatten().tolist() == list(range(2, 22))
    assert torch.equal(data.labels[2:22], torch.arange(2, 22) % 10)


def test_unlabelled_duplicates_of_test_images_are_left_out_and_counted(stl10_root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, stl10_root))
    assert len(images) == LABELLED + UNLABELLED - DUPLICATES
    assert images.notes == [
        "STL-10 protocol: labels drawn by seed, not an official fold; "
        "7 unlabelled images that are also test images were left out."
    ]
    test = {
        image.numpy().tobytes()
        for image in stl10(DatasetRequest("test", 96, stl10_root)).pixels.read(torch.arange(TEST))
    }
    unlabelled = images.pixels.read(torch.arange(LABELLED, len(images)))
    assert not any(image.numpy().tobytes() in test for image in unlabelled)


def test_duplicates_can_be_kept_which_is_noted(stl10_root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, stl10_root), fold=10, dedup=False)
    assert len(images) == LABELLED + UNLABELLED
    assert "official fold 10 of 10; unlabelled images that are also test images were kept" in images.notes[0]


def test_a_damaged_file_of_folds_is_an_error_that_names_it(stl10_root: Path) -> None:
    (stl10_root / "stl10_binary" / "fold_indices.txt").write_text("1 2 3")
    with pytest.raises(ZooError, match=r"fold_indices.txt.*--download"):
        stl10(DatasetRequest("train", 96, stl10_root), fold=2)
