"""Datasets of Hugging Face's `datasets` library, read by position from memory-mapped tables."""

import logging
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from registry import ZooError
from zoo_core.data.cache import get_cache_folder, report_cache_errors
from zoo_core.data.datasets.arrow import ArrowImages, find_column, read_labels, suggest_columns
from zoo_core.data.pixels import select_images
from zoo_core.data.split import draw_test_split
from zoo_core.extras import require_extra
from zoo_core.files import DRAFT_SUFFIX
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset

SAVED_FILES = ("dataset_dict.json", "state.json")  # of `save_to_disk`, for several splits and for one


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
        request: Which split, how large, and the folder as root: one that `save_to_disk` wrote, or one of Parquet files,
            of tar shards, or of images.
        image_column: The column of images; the only one of type Image if not given.
        label_column: The column of classes; the only one of type ClassLabel if not given.
        channels: 3 for colour, 1 for grey.
        repository: USER/NAME of the dataset on the Hub that `--download` downloads into the folder.

    Raises:
        ZooError: The extra is not installed, the folder contains no such dataset, or a column has to be named.
    """
    require_extra("huggingface", "datasets")
    root = request.require_root("huggingface")
    if request.download:
        _download_dataset(repository, root)
    tables = _read_tables(root)
    has_test_split = {"train", "test"} <= set(tables)
    train = _find_training_table(tables, root)
    table = tables[request.split] if has_test_split else train
    column = find_column(train, image_column, "Image", "image_column")
    if column is None:
        raise ZooError(suggest_columns(train, "image_column", "No column is of type Image."))
    labels, classes = read_labels(table, train, find_column(train, label_column, "ClassLabel", "label_column"))
    unused = [name for name in tables if name not in ("train", "test")] if len(tables) > 1 else []
    notes = [f"The split '{name}' is not used." for name in unused]
    if not classes and len(train.features) > 1:
        notes.append(suggest_columns(train, "label_column", "No column is of type ClassLabel."))
    images = ImageDataset(
        pixels=ArrowImages(table, column, f"the split '{request.split}' in {root}", request.image_size, channels),
        labels=labels,
        classes=classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"Hugging Face dataset in {root}",
        horizontal_flip=True,
        notes=notes,
        decodes_on_read=True,
    )
    return images if has_test_split else select_images(images, draw_test_split(len(images), request.split))


def _read_tables(root: Path) -> dict[str, Any]:
    """Reads the tables of a folder, a `datasets.Dataset` for each split; a single one is called train.

    Tables that `save_to_disk` wrote are mapped directly. Parquet files, tar shards and folders of images are first
    converted to Arrow files in the cache, again if a file has changed; images in folders stay where they are.
    """
    if not root.is_dir():
        raise ZooError(
            f"The folder {root} does not exist. Choose another one, or download a dataset into it with `--download`."
        )
    library = _import_library()
    try:
        if any((root / name).is_file() for name in SAVED_FILES):
            tables = library.load_from_disk(str(root))
        else:
            tables = _convert_to_arrow(library, root)
    except (library.exceptions.DatasetsError, OSError, ValueError) as error:
        raise ZooError(
            f"{root} cannot be read as a dataset: {_shorten(error)}. Name a folder that `save_to_disk` wrote, or one "
            "of Parquet files, of tar shards (WebDataset), or of images."
        ) from error
    return dict(tables) if isinstance(tables, dict) else {"train": tables}


def _download_dataset(repository: str | None, root: Path) -> None:
    """Downloads a dataset from the Hub into a folder, unless the folder already has content.

    A partial download stays next to the folder and is completed next time.
    """
    if repository is None:
        raise ZooError("No repository is given. Name a dataset on the Hub with `-o data.repository=USER/NAME`.")
    if root.is_dir() and any(root.iterdir()):
        return
    _import_library()
    from huggingface_hub import dataset_info, snapshot_download

    draft = root.with_name(root.name + DRAFT_SUFFIX)
    try:
        revision = dataset_info(repository).sha
        cache = get_cache_folder() / "huggingface" / "hub"
        snapshot_download(repository, repo_type="dataset", revision=revision, local_dir=draft, cache_dir=cache)
        draft.replace(root)
    except Exception as error:  # the client of the Hub raises errors of three libraries
        raise ZooError(f"The dataset {repository} cannot be downloaded from the Hub: {_shorten(error)}.") from error


def _find_training_table(tables: dict[str, Any], root: Path) -> Any:
    """The split called train, or the only one."""
    if "train" not in tables and len(tables) > 1:
        raise ZooError(f"{root} contains the splits {', '.join(tables)}, but none called train. Rename one to train.")
    return tables.get("train") or next(iter(tables.values()))


def _import_library() -> Any:
    """Imports Hugging Face's `datasets`, without its output and its telemetry."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_XET_CACHE", str(get_cache_folder() / "huggingface" / "xet"))
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(logging.CRITICAL)
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    return datasets


def _convert_to_arrow(library: Any, root: Path) -> Any:
    """Converts the files of a folder to tables in the cache, and removes tables of earlier versions of the files."""
    cache = get_cache_folder() / "huggingface" / sha256(str(root.resolve()).encode()).hexdigest()[:32]
    with report_cache_errors():
        cache.mkdir(parents=True, exist_ok=True)
    tables = library.load_dataset(str(root.absolute()), cache_dir=str(cache))
    (current,) = {Path(file["filename"]).parent for table in tables.values() for file in table.cache_files}
    for folder in current.parent.iterdir():
        if folder.is_dir() and folder != current:
            shutil.rmtree(folder)
    return tables


def _shorten(error: BaseException) -> str:
    return " ".join(str(error.__cause__ or error).split())[:200].rstrip(".")
