import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from program import Run

from zoo_core import DatasetRequest, ImageDataset, ZooError, folder
from zoo_core.data.datasets.huggingface import huggingface

pytest.importorskip("datasets")
import datasets
from tables import (
    CLASSES,
    encode_image,
    make_table,
    write_arrow,
    write_image_files,
    write_parquet,
    write_plain_parquet,
    write_tar,
)

pytestmark = pytest.mark.extra


def collect_images(images: ImageDataset) -> set[tuple[bytes, str]]:
    pixels = images.pixels.read(torch.arange(len(images)))
    return {
        (image.numpy().tobytes(), images.classes[label])
        for image, label in zip(pixels, images.labels.tolist(), strict=True)
    }


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, set[tuple[bytes, str]]]:
    """The pixels and classes of both splits, as the dataset `folder` reads them."""
    write_image_files(tmp_path / "files")
    return {split: collect_images(folder(DatasetRequest(split, 16, tmp_path / "files"))) for split in ("train", "test")}


@pytest.mark.parametrize(
    ("write", "options"),
    [
        (write_arrow, {}),
        (write_parquet, {}),
        (write_tar, {"label_column": "cls"}),
        (write_image_files, {}),
        (write_plain_parquet, {"image_column": "jpg", "label_column": "animal"}),
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_format_has_the_pixels_and_classes_of_the_files(
    write: Callable[[Path], None], options: Any, split: Any, tmp_path: Path, expected: Any
) -> None:
    write(tmp_path / "data")
    images = huggingface(DatasetRequest(split, 16, tmp_path / "data"), **options)
    assert len(images) == len(images.pixels) == {"train": 12, "test": 4}[split]
    if write is write_tar:  # its classes are numbers
        assert images.classes == ("0", "1")
        expected = {split: {(pixels, str(CLASSES.index(name))) for pixels, name in expected[split]}}
    assert collect_images(images) == expected[split]


def test_of_a_single_split_the_same_tenth_as_of_a_folder_is_the_test_split(tmp_path: Path) -> None:
    make_table(range(30)).save_to_disk(tmp_path / "table")
    for number in range(30):
        path = tmp_path / "files" / f"{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode_image(number))
    for split, count in (("train", 27), ("test", 3)):
        arrow = huggingface(DatasetRequest(split, 16, tmp_path / "table"))  # type: ignore[arg-type]
        files = folder(DatasetRequest(split, 16, tmp_path / "files"))  # type: ignore[arg-type]
        assert len(arrow) == count
        positions = torch.arange(count)
        assert torch.equal(arrow.pixels.read(positions), files.pixels.read(positions))


def test_images_can_be_read_in_any_order(tmp_path: Path) -> None:
    write_arrow(tmp_path / "data")
    pixels = huggingface(DatasetRequest("train", 16, tmp_path / "data")).pixels
    images = pixels.read(torch.arange(12))
    positions = torch.tensor([7, 0, 7, 11])
    assert torch.equal(pixels.read(positions), images[positions])
    assert pixels.read(positions[:0]).shape == (0, 3, 16, 16)


def test_images_can_be_read_as_grey(tmp_path: Path) -> None:
    write_arrow(tmp_path / "data")
    images = huggingface(DatasetRequest("train", 16, tmp_path / "data"), channels=1)
    assert images.pixels.read(torch.tensor([0])).shape == (1, images.channels, 16, 16)


def test_a_changed_file_is_converted_again_and_its_old_table_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    write_parquet(tmp_path / "data")
    request = DatasetRequest("train", 16, tmp_path / "data")
    assert len(huggingface(request)) == 12
    (before,) = (tmp_path / "cache").rglob("*-train.arrow")
    make_table(range(5)).to_parquet(str(tmp_path / "data" / "train-00000-of-00001.parquet"))
    assert len(huggingface(request)) == 5
    (after,) = (tmp_path / "cache").rglob("*-train.arrow")
    assert after != before


def test_files_are_written_only_to_the_cache_and_no_progress_is_printed(process: Run, empty: Path) -> None:
    write_parquet(empty / "data")
    (empty / "home").mkdir()
    command = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 1, "--width", 2)
    done = process(*command, "--batch-size", 4, HOME=str(empty / "home"), ZOO_CACHE=str(empty / "cache"))
    assert done.returncode == 0, done.stderr
    assert not list((empty / "home").rglob("*huggingface*"))
    assert sorted(path.name for path in (empty / "data").iterdir()) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]
    assert "Generating" not in done.stderr


def test_an_ambiguous_or_missing_column_is_an_error_that_lists_the_columns(tmp_path: Path) -> None:
    table = (
        make_table(range(3))
        .add_column("second", [0, 1, 2])
        .cast_column("second", datasets.ClassLabel(names=["x", "y", "z"]))
    )
    table.save_to_disk(tmp_path / "two")
    request = DatasetRequest("train", 16, tmp_path / "two")
    columns = r"image \(Image\), label \(ClassLabel\), second \(ClassLabel\)"
    with pytest.raises(
        ZooError, match=rf"2 columns are of type ClassLabel. Name one with `-o data.label_column=NAME`.*{columns}"
    ):
        huggingface(request)
    assert len(huggingface(request, label_column="second")) == 3
    with pytest.raises(
        ZooError, match=rf"No column is called 'picture'. Name one with `-o data.image_column=NAME`.*{columns}"
    ):
        huggingface(request, image_column="picture", label_column="label")
    table.remove_columns("image").save_to_disk(tmp_path / "none")
    with pytest.raises(ZooError, match=r"No column is of type Image. Name one with `-o data.image_column=NAME`"):
        huggingface(DatasetRequest("train", 16, tmp_path / "none"), label_column="label")


def test_without_a_class_column_a_note_lists_the_columns(tmp_path: Path) -> None:
    make_table(range(20), kind=[number % 3 for number in range(20)]).remove_columns("label").save_to_disk(
        tmp_path / "data"
    )
    request = DatasetRequest("train", 16, tmp_path / "data")
    images = huggingface(request)
    assert set(images.labels.tolist()) == {-1}
    assert images.notes == [
        "No column is of type ClassLabel. Name one with `-o data.label_column=NAME`. "
        "The columns are image (Image), kind (int64)."
    ]
    assert huggingface(request, label_column="kind").classes == ("0", "1", "2")


def test_a_class_that_only_test_images_have_is_refused(tmp_path: Path) -> None:
    train, test = make_table(range(4), kind=["a", "b", "a", "b"]), make_table(range(2), kind=["a", "z"])
    datasets.DatasetDict(train=train, test=test).save_to_disk(tmp_path / "data")
    with pytest.raises(ZooError, match="'kind' of the test images contains 'z', which no training image has"):
        huggingface(DatasetRequest("test", 16, tmp_path / "data"), label_column="kind")


def test_an_unused_split_is_noted(tmp_path: Path) -> None:
    datasets.DatasetDict(train=make_table(range(20)), validation=make_table(range(2))).save_to_disk(tmp_path / "data")
    images = huggingface(DatasetRequest("train", 16, tmp_path / "data"))
    assert len(images) == 18
    assert images.notes == ["The split 'validation' is not used."]
    datasets.DatasetDict(a=make_table(range(2)), b=make_table(range(2))).save_to_disk(tmp_path / "other")
    with pytest.raises(ZooError, match="contains the splits a, b, but none called train"):
        huggingface(DatasetRequest("train", 16, tmp_path / "other"))


def write_unlabelled(cell: Any, root: Path) -> None:
    """Writes twenty images without labels; row 13 contains the given cell."""
    cells = [{"bytes": encode_image(number), "path": None} for number in range(20)]
    cells[13] = cell
    table = datasets.Dataset.from_dict({"image": cells}, features=datasets.Features({"image": datasets.Image()}))
    datasets.DatasetDict(train=table, test=table.select(range(2))).save_to_disk(root)


@pytest.mark.parametrize("cell", [{"bytes": b"not an image", "path": None}, None])
def test_a_damaged_image_ends_the_run_which_resumes_once_it_is_repaired(cell: Any, zoo: Run, empty: Path) -> None:
    write_unlabelled(cell, empty / "data")
    command = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 20, "--width", 2)
    options = ("--batch-size", 4, "--run-dir", "run", "--checkpoint-every", 1)
    done = zoo(*command, *options)
    assert done.returncode == 1
    assert f"Row 13 of the split 'train' in {empty / 'data'} has no readable image" in done.stderr
    assert "Fix it and resume" in done.stderr
    shutil.rmtree(empty / "data")
    write_unlabelled({"bytes": encode_image(13), "path": None}, empty / "data")
    resumed = zoo(*command, *options)
    assert resumed.returncode == 0, resumed.stderr
    assert "Resuming from step" in resumed.stderr


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.mkdir(), "cannot be read as a dataset"),
        (lambda root: (root.mkdir(), (root / "train.parquet").write_bytes(b"junk")), "cannot be read as a dataset"),
        (lambda root: (write_arrow(root), shutil.rmtree(root / "test")), "cannot be read as a dataset"),  # type: ignore[func-returns-value]
    ],
)
def test_a_folder_without_a_dataset_is_an_error_that_names_it(
    write: Callable[[Path], Any], message: str, zoo: Run, empty: Path
) -> None:
    write(empty / "data")
    done = zoo("train", "ccgan", "--data", "huggingface", "--data-root", "data")
    assert done.returncode == 1
    assert message in done.stderr
    assert str(empty / "data") in done.stderr
