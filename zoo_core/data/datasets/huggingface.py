"""Datasets of Hugging Face's `datasets` library, read by position from memory-mapped tables."""

import logging
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from registry import ZooError
from zoo_core.data.cache import cache_folder, report_cache_errors
from zoo_core.data.datasets.arrow import (
    ArrowImages,
    describe_columns,
    find_image_column,
    find_label_column,
    read_labels,
)
from zoo_core.data.pixels import select_images
from zoo_core.data.split import draw_test_split
from zoo_core.extras import require_extra
from zoo_core.files import DRAFT_SUFFIX
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

Tables = Mapping[str, Any]


def huggingface(
    request: DatasetRequest,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    channels: Literal[1, 3] = 3,
    repository: str | None = None,
) -> ImageDataset:
    """Datasets of Hugging Face of any size: Arrow, Parquet, WebDataset or folders of images.

    Images stay on disk and are decoded when they are read. Splits called train and test are used; without them, a fixed
    tenth is the test split. Needs the extra gan-zoo[huggingface].

    Args:
        request: Which split, how large, and the folder as root: what `save_to_disk` wrote, or one of Parquet files, of
            tar shards, or of images.
        image_column: The column of images; the only one of type Image where not given.
        label_column: The column of classes; the only one of type ClassLabel where not given.
        channels: 3 for colour, 1 for grey.
        repository: USER/NAME of the data set on the Hub whose files `--download` fetches into the folder.

    Raises:
        ZooError: The extra is not installed, the folder holds no such data, or a column has to be named.
    """
    require_extra("huggingface", "datasets")
    root = request.require_root("huggingface")
    if request.download:
        download_dataset(repository, root)
    tables = read_tables(root)
    train = _training_table(tables, root)
    table = tables[request.split] if _are_split(tables) else train
    images_in = find_image_column(train, image_column)
    labels, classes = read_labels(table, train, find_label_column(train, label_column))
    images = ImageDataset(
        pixels=ArrowImages(table, images_in, f"the split '{request.split}' in {root}", request.image_size, channels),
        labels=labels,
        classes=classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"Hugging Face's data set in {root}",
        horizontal_flip=True,
        remarks=[*_unread(tables), *_unlabelled(train, classes)],
        decodes_on_read=True,
    )
    return images if _are_split(tables) else select_images(images, draw_test_split(len(images), request.split))


def _are_split(tables: Tables) -> bool:
    return {"train", "test"} <= set(tables)


def _training_table(tables: Tables, root: Path) -> Any:
    """The split called train, or the only one.

    Raises:
        ZooError: There are several, and none of that name.
    """
    if "train" not in tables and len(tables) > 1:
        raise ZooError(f"{root} holds the splits {', '.join(tables)}, and none that is called train. Rename one.")
    return tables.get("train") or next(iter(tables.values()))


def _unread(tables: Tables) -> list[str]:
    names = [name for name in tables if name not in ("train", "test")] if len(tables) > 1 else []
    return [f"The split '{name}' is not read." for name in names]


def _unlabelled(train: Any, classes: tuple[str, ...]) -> list[str]:
    if classes or len(train.features) == 1:
        return []
    words = describe_columns(train)
    return [f"No column is of type ClassLabel. Name one with `-o data.label_column=NAME`. The columns are {words}."]


SAVED = ("dataset_dict.json", "state.json")  # what `save_to_disk` leaves for several splits, and for one


def read_tables(root: Path) -> dict[str, Any]:
    """The tables (`datasets.Dataset`) of a folder, by split; a single one is called train.

    What `save_to_disk` wrote is mapped as it lies. Parquet files, tar shards and folders of images are first written as
    Arrow into the cache, again where a file has changed; images in folders stay where they are.

    Raises:
        ZooError: There is no such folder, it holds nothing that can be read, or the cache cannot be written.
    """
    if not root.is_dir():
        raise ZooError(
            f"The folder {root} does not exist. Choose another one, or download a dataset into it with `--download`."
        )
    library = _library()
    try:
        if any((root / name).is_file() for name in SAVED):
            read = library.load_from_disk(str(root))
        else:
            read = _prepared(library, root)
    except (library.exceptions.DatasetsError, OSError, ValueError) as error:
        raise ZooError(
            f"{root} cannot be read as a dataset: {_reason(error)}. Name a folder that `save_to_disk` wrote, or one "
            "of Parquet files, of tar shards (WebDataset), or of images."
        ) from error
    return dict(read) if isinstance(read, dict) else {"train": read}


def download_dataset(repository: str | None, root: Path) -> None:
    """Fetches a data set on the Hub into a folder, unless there is something in it already.

    A partial download stays next to the folder and is completed next time.

    Raises:
        ZooError: No repository is named, or it cannot be fetched.
    """
    if repository is None:
        raise ZooError("No repository is given. Name a dataset on the Hub with `-o data.repository=USER/NAME`.")
    if root.is_dir() and any(root.iterdir()):
        return
    _library()
    from huggingface_hub import dataset_info, snapshot_download

    draft = root.with_name(root.name + DRAFT_SUFFIX)
    try:
        revision = dataset_info(repository).sha
        place = cache_folder() / "huggingface" / "hub"
        snapshot_download(repository, repo_type="dataset", revision=revision, local_dir=draft, cache_dir=place)
        draft.replace(root)
    except Exception as error:  # the Hub's client has errors of three libraries
        raise ZooError(f"The dataset {repository} cannot be downloaded from the Hub: {_reason(error)}.") from error


def _library() -> Any:
    """Hugging Face's `datasets`, silent, and kept from telling anybody what is read."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_XET_CACHE", str(cache_folder() / "huggingface" / "xet"))
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(logging.CRITICAL)
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    return datasets


def _prepared(library: Any, root: Path) -> Any:
    """The tables of files in a folder, in the cache; those that were made when its files were others go."""
    place = cache_folder() / "huggingface" / sha256(str(root.resolve()).encode()).hexdigest()[:32]
    with report_cache_errors():
        place.mkdir(parents=True, exist_ok=True)
    read = library.load_dataset(str(root.absolute()), cache_dir=str(place))
    (kept,) = {Path(file["filename"]).parent for table in read.values() for file in table.cache_files}
    for other in kept.parent.iterdir():
        if other.is_dir() and other != kept:
            shutil.rmtree(other)
    return read


def _reason(error: BaseException) -> str:
    return " ".join(str(error.__cause__ or error).split())[:200].rstrip(".")
