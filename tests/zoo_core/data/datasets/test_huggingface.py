import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
import torch
from program import Run
from tables import NAMES, as_arrow, as_bare_bytes, as_files, as_parquet, as_tar, picture, table

from zoo_core import DatasetRequest, ImageDataset, ZooError, folder
from zoo_core.data.datasets.huggingface import huggingface


def by_content(images: ImageDataset) -> set[tuple[bytes, str]]:
    pixels = images.pixels.read(torch.arange(len(images)))
    return {
        (image.numpy().tobytes(), images.classes[label])
        for image, label in zip(pixels, images.labels.tolist(), strict=True)
    }


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, set[tuple[bytes, str]]]:
    """The pixels and classes of both splits, as the data set of folders reads the same files."""
    as_files(tmp_path / "files")
    return {split: by_content(folder(DatasetRequest(split, 16, tmp_path / "files"))) for split in ("train", "test")}


@pytest.mark.parametrize(
    ("write", "options"),
    [
        (as_arrow, {}),
        (as_parquet, {}),
        (as_tar, {"label_column": "cls"}),
        (as_files, {}),
        (as_bare_bytes, {"image_column": "jpg", "label_column": "animal"}),
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_form_has_the_pixels_and_classes_of_the_files(
    write: Callable[[Path], None], options: Any, split: Any, tmp_path: Path, expected: Any
) -> None:
    write(tmp_path / "data")
    images = huggingface(DatasetRequest(split, 16, tmp_path / "data"), **options)
    assert len(images) == len(images.pixels) == {"train": 12, "test": 4}[split]
    if write is as_tar:  # its classes are numbers
        assert images.classes == ("0", "1")
        expected = {split: {(pixels, str(NAMES.index(name))) for pixels, name in expected[split]}}
    assert by_content(images) == expected[split]


def test_where_there_is_one_split_the_same_tenth_as_of_a_folder_is_for_test(tmp_path: Path) -> None:
    table(range(30)).save_to_disk(tmp_path / "one")
    for number in range(30):
        path = tmp_path / "files" / f"{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture(number))
    for split, count in (("train", 27), ("test", 3)):
        arrow = huggingface(DatasetRequest(split, 16, tmp_path / "one"))  # type: ignore[arg-type]
        files = folder(DatasetRequest(split, 16, tmp_path / "files"))  # type: ignore[arg-type]
        assert len(arrow) == count
        everything = torch.arange(count)
        assert torch.equal(arrow.pixels.read(everything), files.pixels.read(everything))


def test_images_are_read_in_any_order(tmp_path: Path) -> None:
    as_arrow(tmp_path / "data")
    pixels = huggingface(DatasetRequest("train", 16, tmp_path / "data")).pixels
    everything = pixels.read(torch.arange(12))
    chosen = torch.tensor([7, 0, 7, 11])
    assert torch.equal(pixels.read(chosen), everything[chosen])
    assert pixels.read(chosen[:0]).shape == (0, 3, 16, 16)


def test_grey_is_an_option(tmp_path: Path) -> None:
    as_arrow(tmp_path / "data")
    images = huggingface(DatasetRequest("train", 16, tmp_path / "data"), channels=1)
    assert images.pixels.read(torch.tensor([0])).shape == (1, images.channels, 16, 16)


def test_a_changed_file_is_seen_and_what_was_made_of_the_old_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    as_parquet(tmp_path / "data")
    request = DatasetRequest("train", 16, tmp_path / "data")
    assert len(huggingface(request)) == 12
    (made,) = (tmp_path / "cache").rglob("*-train.arrow")
    table(range(5)).to_parquet(str(tmp_path / "data" / "train-00000-of-00001.parquet"))
    assert len(huggingface(request)) == 5
    (made_anew,) = (tmp_path / "cache").rglob("*-train.arrow")
    assert made_anew != made


def test_nothing_is_written_but_into_the_cache_and_nothing_is_said(process: Run, empty: Path) -> None:
    as_parquet(empty / "data")
    (empty / "home").mkdir()
    line = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 1, "--width", 2)
    done = process(*line, "--batch-size", 4, HOME=str(empty / "home"), ZOO_CACHE=str(empty / "cache"))
    assert done.returncode == 0, done.stderr
    assert not list((empty / "home").rglob("*huggingface*"))
    assert sorted(path.name for path in (empty / "data").iterdir()) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]
    assert "Generating" not in done.stderr


def test_columns_that_cannot_be_chosen_are_named(tmp_path: Path) -> None:
    two = (
        table(range(3))
        .add_column("second", [0, 1, 2])
        .cast_column("second", datasets.ClassLabel(names=["x", "y", "z"]))
    )
    two.save_to_disk(tmp_path / "two")
    request = DatasetRequest("train", 16, tmp_path / "two")
    columns = r"image \(Image\), label \(ClassLabel\), second \(ClassLabel\)"
    with pytest.raises(ZooError, match=rf"label column\? Name it with `-o data.label_column=NAME`.*{columns}"):
        huggingface(request)
    assert len(huggingface(request, label_column="second")) == 3
    with pytest.raises(ZooError, match=rf"image column\? Name it with `-o data.image_column=NAME`.*{columns}"):
        huggingface(request, image_column="picture", label_column="label")
    two.remove_columns("image").save_to_disk(tmp_path / "none")
    with pytest.raises(ZooError, match=r"image column\?"):
        huggingface(DatasetRequest("train", 16, tmp_path / "none"), label_column="label")


def test_without_classes_it_tells_which_columns_could_hold_them(tmp_path: Path) -> None:
    table(range(20), kind=[number % 3 for number in range(20)]).remove_columns("label").save_to_disk(tmp_path / "data")
    request = DatasetRequest("train", 16, tmp_path / "data")
    images = huggingface(request)
    assert set(images.labels.tolist()) == {-1}
    assert images.remarks == [
        "No column is of type ClassLabel. Name one with `-o data.label_column=NAME`. "
        "The columns are image (Image), kind (int64)."
    ]
    assert huggingface(request, label_column="kind").classes == ("0", "1", "2")


def test_a_class_of_test_images_alone_is_refused(tmp_path: Path) -> None:
    train, test = table(range(4), kind=["a", "b", "a", "b"]), table(range(2), kind=["a", "z"])
    datasets.DatasetDict(train=train, test=test).save_to_disk(tmp_path / "data")
    with pytest.raises(ZooError, match="'kind' of the test images holds 'z', which no training image has"):
        huggingface(DatasetRequest("test", 16, tmp_path / "data"), label_column="kind")


def test_a_split_that_is_not_read_is_told(tmp_path: Path) -> None:
    datasets.DatasetDict(train=table(range(20)), validation=table(range(2))).save_to_disk(tmp_path / "data")
    images = huggingface(DatasetRequest("train", 16, tmp_path / "data"))
    assert len(images) == 18
    assert images.remarks == ["The split 'validation' is not read."]
    datasets.DatasetDict(a=table(range(2)), b=table(range(2))).save_to_disk(tmp_path / "other")
    with pytest.raises(ZooError, match="holds the splits a, b, and none that is called train"):
        huggingface(DatasetRequest("train", 16, tmp_path / "other"))


def unlabelled_with(cell: Any, root: Path) -> None:
    """Twenty images, the one in row 13 as given."""
    cells = [{"bytes": picture(number), "path": None} for number in range(20)]
    cells[13] = cell
    rows = datasets.Dataset.from_dict({"image": cells}, features=datasets.Features({"image": datasets.Image()}))
    datasets.DatasetDict(train=rows, test=rows.select(range(2))).save_to_disk(root)


@pytest.mark.parametrize("cell", [{"bytes": b"no image", "path": None}, None])
def test_a_damaged_image_ends_the_run_names_its_row_and_the_mended_data_go_on(cell: Any, zoo: Run, empty: Path) -> None:
    unlabelled_with(cell, empty / "data")
    line = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 20, "--width", 2)
    line += ("--batch-size", 4, "--run-dir", "run", "--checkpoint-every", 1)  # type: ignore[assignment]
    done = zoo(*line)
    assert done.returncode == 1
    assert f"Row 13 of the split 'train' in {empty / 'data'} has no readable image" in done.stderr
    assert "Fix it and resume" in done.stderr
    shutil.rmtree(empty / "data")
    unlabelled_with({"bytes": picture(13), "path": None}, empty / "data")
    again = zoo(*line)
    assert again.returncode == 0, again.stderr
    assert "Resuming from step" in again.stderr


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.mkdir(), "cannot be read as a dataset"),
        (lambda root: (root.mkdir(), (root / "train.parquet").write_bytes(b"junk")), "cannot be read as a dataset"),
        (lambda root: (as_arrow(root), shutil.rmtree(root / "test")), "cannot be read as a dataset"),  # type: ignore[func-returns-value]
    ],
)
def test_what_is_no_data_set_is_one_sentence(write: Callable[[Path], Any], message: str, zoo: Run, empty: Path) -> None:
    write(empty / "data")
    done = zoo("train", "ccgan", "--data", "huggingface", "--data-root", "data")
    assert done.returncode == 1
    assert message in done.stderr
    assert str(empty / "data") in done.stderr


def test_without_the_extra_it_says_what_to_install(zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # as if it were not installed
    done = zoo("train", "ccgan", "--data", "huggingface", "--data-root", empty)
    assert done.returncode == 1
    assert "This needs datasets, which `pip install 'gan-zoo[huggingface]'` installs." in done.stderr
