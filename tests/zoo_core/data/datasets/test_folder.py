from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from zoo_core import DatasetRequest, ImageDataset, ZooError, folder


def save_image(path: Path, colour: tuple[int, int, int] = (200, 100, 50), size: tuple[int, int] = (12, 12)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def load_splits(root: Path) -> list[ImageDataset]:
    return [folder(DatasetRequest(split, 32, root)) for split in ("train", "test")]


def test_sub_folders_are_classes_and_a_tenth_is_the_test_split(tmp_path: Path) -> None:
    for number in range(30):
        save_image(tmp_path / ("cats", "dogs")[number % 2] / f"{number}.png", (8 * number, 0, 0))
    train, test = load_splits(tmp_path)
    assert (len(train), len(test)) == (27, 3)
    assert train.classes == ("cats", "dogs")
    assert sorted(torch.cat([train.labels, test.labels]).tolist()) == [0] * 15 + [1] * 15
    reds = torch.cat([part.pixels.read(torch.arange(len(part)))[:, 0, 0, 0] for part in (train, test)])
    assert sorted(reds.tolist()) == [8 * number for number in range(30)]
    for part in (train, test):
        first = part.pixels.read(torch.arange(len(part)))[:, 0, 0, 0]
        assert torch.equal(first // 8 % 2, part.labels)


def test_train_and_test_folders_are_the_splits(tmp_path: Path) -> None:
    for split, count in (("train", 4), ("test", 2)):
        for number in range(count):
            save_image(tmp_path / split / ("a", "b")[number % 2] / f"{number}.jpg")
    train, test = load_splits(tmp_path)
    assert (len(train), len(test)) == (4, 2)
    assert train.classes == test.classes == ("a", "b")


def test_a_flat_folder_is_unlabelled(tmp_path: Path) -> None:
    for number in range(10):
        save_image(tmp_path / f"{number}.png")
    train, _ = load_splits(tmp_path)
    assert train.classes == ()
    assert set(train.labels.tolist()) == {-1}


def test_a_single_sub_folder_is_not_a_class(tmp_path: Path) -> None:
    for number in range(10):
        save_image(tmp_path / "only" / f"{number}.png")
    assert load_splits(tmp_path)[0].classes == ()


def test_images_outside_of_class_folders_are_unlabelled(tmp_path: Path) -> None:
    for number in range(10):
        save_image(tmp_path / "a" / f"{number}.png")
        save_image(tmp_path / "b" / f"{number}.png")
        save_image(tmp_path / f"{number}.png")
    train, test = load_splits(tmp_path)
    assert sorted(torch.cat([train.labels, test.labels]).tolist()) == [-1] * 10 + [0] * 10 + [1] * 10


def test_other_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not an image")
    for number in range(10):
        save_image(tmp_path / f"{number}.PNG")
    assert sum(map(len, load_splits(tmp_path))) == 10


def test_damaged_files_are_skipped_and_listed(tmp_path: Path) -> None:
    (tmp_path / "train" / "a").mkdir(parents=True)
    save_image(tmp_path / "test" / "a.png")
    for number in range(3):
        save_image(tmp_path / "train" / f"{number}.png", (number, 0, 0))
    (tmp_path / "train" / "broken.png").write_bytes((tmp_path / "train" / "1.png").read_bytes()[:40])
    train, _ = load_splits(tmp_path)
    assert len(train) == 3
    assert train.pixels.read(torch.arange(3))[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert len(train.notes) == 1
    assert train.notes[0].startswith("1 damaged files were skipped: train/broken.png (")
    assert len(train.skipped) == 1
    with pytest.raises(ZooError, match=r"1 of 4 image files in .* cannot be read: train/broken.png"):
        folder(DatasetRequest("train", 32, tmp_path), strict=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ({}, "has no image files"),
        ({"a.png": b"junk"}, "None of the 1 image files"),
    ],
)
def test_a_folder_without_images_is_an_error_that_names_it(
    tmp_path: Path, content: dict[str, bytes] | None, message: str
) -> None:
    root = tmp_path / "images"
    if content is not None:
        root.mkdir()
        for name, data in content.items():
            (root / name).write_bytes(data)
    with pytest.raises(ZooError, match=message) as caught:
        folder(DatasetRequest("train", 32, root))
    assert str(root) in str(caught.value)


def test_a_missing_folder_option_is_an_error_with_the_fix() -> None:
    with pytest.raises(ZooError, match="write `--data FOLDER`"):
        folder(DatasetRequest("train", 32, None))


def test_images_can_be_read_as_grey(tmp_path: Path) -> None:
    for number in range(5):
        save_image(tmp_path / f"{number}.png", (255, 255, 255))
    grey = folder(DatasetRequest("train", 32, tmp_path), channels=1)
    assert grey.channels == 1
    assert grey.pixels.read(torch.arange(1)).shape == (1, 1, 32, 32)


def test_the_central_square_is_used(tmp_path: Path) -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    for number in range(9):
        save_image(tmp_path / f"{number}.png", (255, 255, 255))
    for part in load_splits(tmp_path):
        assert part.pixels.read(torch.arange(len(part)))[:, :, 8:24, 8:24].min() > 250
