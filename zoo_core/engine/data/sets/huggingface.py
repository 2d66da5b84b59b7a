"""Data sets as Hugging Face's `datasets` keeps them, read by position from tables that are mapped from disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from zoo_core.contract.dataset import DataRequest, ImageSet
from zoo_core.contract.errors import ZooError
from zoo_core.engine.data.pixels import subset
from zoo_core.engine.data.sets import columns
from zoo_core.engine.data.sets.arrow import ArrowImages
from zoo_core.engine.data.sets.fixed_share import fixed_share
from zoo_core.engine.data.sets.tables import fetch, read_tables
from zoo_core.engine.extras import need

Tables = Mapping[str, Any]


def huggingface(
    request: DataRequest,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    channels: Literal[1, 3] = 3,
    repository: str | None = None,
) -> ImageSet:
    """Hugging Face's data sets of any size: Arrow, Parquet, WebDataset or folders of images.

    Images stay on disk and are decoded as they are read. Splits called train and test are used as such; where there is
    no such pair, a fixed tenth is for test. Needs the extra gan-zoo[huggingface].

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
    need("huggingface", "datasets")
    root = request.required_root("huggingface")
    if request.download:
        fetch(repository, root)
    tables = read_tables(root)
    train = _training_table(tables, root)
    table = tables[request.split] if _are_split(tables) else train
    images_in = columns.image_column(train, image_column)
    labels, classes = columns.labels_of(table, train, columns.label_column(train, label_column))
    images = ImageSet(
        pixels=ArrowImages(table, images_in, f"the split '{request.split}' in {root}", request.image_size, channels),
        labels=labels,
        classes=classes,
        channels=channels,
        image_size=request.image_size,
        origin=f"Hugging Face's data set in {root}",
        mirror=True,
        remarks=[*_unread(tables), *_unlabelled(train, classes)],
        decoded_when_read=True,
    )
    return images if _are_split(tables) else subset(images, fixed_share(len(images), request.split))


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
    words = columns.columns_in_words(train)
    return [
        f"No column is of type ClassLabel: no labels. Name one with `-o data.label_column=NAME`. There are {words}."
    ]
