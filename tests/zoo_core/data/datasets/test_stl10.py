"""The protocol of STL-10, on generated files of the same layout, since the real ones are too large for tests."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets as tv

from zoo_core import DatasetRequest, TrainingData, ZooError
from zoo_core.data.datasets.stl10 import stl10

LABELLED, UNLABELLED, TEST, DUPLICATES = 40, 30, 20, 7


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small STL-10; torchvision does not compare the checksums with those of the real files."""
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


def test_only_the_labels_of_the_fold_are_used(root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, root), fold=3)
    data = TrainingData(images, seed=5)
    assert sorted(data.split.labelled) == list(range(2, 22))
    assert torch.nonzero(data.labels >= 0).flatten().tolist() == list(range(2, 22))
    assert torch.equal(data.labels[2:22], torch.arange(2, 22) % 10)


def test_unlabelled_duplicates_of_test_images_are_left_out_and_counted(root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, root))
    assert len(images) == LABELLED + UNLABELLED - DUPLICATES
    assert images.notes == [
        "STL-10 protocol: labels drawn by seed, not an official fold; "
        "7 unlabelled images that are also test images were left out."
    ]
    test = {
        image.numpy().tobytes() for image in stl10(DatasetRequest("test", 96, root)).pixels.read(torch.arange(TEST))
    }
    unlabelled = images.pixels.read(torch.arange(LABELLED, len(images)))
    assert not any(image.numpy().tobytes() in test for image in unlabelled)


def test_duplicates_can_be_kept_which_is_noted(root: Path) -> None:
    images = stl10(DatasetRequest("train", 96, root), fold=10, dedup=False)
    assert len(images) == LABELLED + UNLABELLED
    assert "official fold 10 of 10; unlabelled images that are also test images were kept" in images.notes[0]


def test_a_damaged_file_of_folds_is_an_error_that_names_it(root: Path) -> None:
    (root / "stl10_binary" / "fold_indices.txt").write_text("1 2 3")
    with pytest.raises(ZooError, match=r"fold_indices.txt.*--download"):
        stl10(DatasetRequest("train", 96, root), fold=2)
