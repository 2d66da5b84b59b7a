"""Images in the rows of an Arrow table that is mapped from disk, decoded as they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from registry import ZooError
from zoo_core.data.decoding import DECODING_ERRORS, read_image, trouble


@dataclass(frozen=True)
class ArrowImages:
    """Images of one column of a table of Hugging Face's `datasets`; none is in memory but those that are read.

    Attributes:
        table: A `datasets.Dataset`.
        column: The column that holds images: a file's bytes, or a struct of its bytes and its path.
        place: What the table is, in words.
        size: Height and width wanted, in pixels.
        channels: 1 or 3.
    """

    table: Any
    column: str
    place: str
    size: int
    channels: int

    def __len__(self) -> int:
        return len(self.table)

    def read(self, indices: Tensor) -> Tensor:
        """Images at these positions as uint8 (n, C, H, W).

        Raises:
            ZooError: A row has no readable image.
        """
        rows = indices.tolist()
        cells = self.table.with_format("arrow")[rows][self.column].to_pylist() if rows else []
        images = np.empty((len(rows), self.channels, self.size, self.size), np.uint8)
        for number, (row, cell) in enumerate(zip(rows, cells, strict=True)):
            images[number] = self._decoded(row, cell)
        return torch.from_numpy(images)

    def _decoded(self, row: int, cell: Any) -> Tensor:
        try:
            return read_image(_file(cell), self.size, self.channels)
        except DECODING_ERRORS as error:
            raise ZooError(
                f"Row {row} of {self.place} has no readable image: {trouble(error)}. Fix it and resume, or "
                "remove the row from the data and train again."
            ) from error


def _file(cell: Any) -> Path | BytesIO:
    """What a cell holds, to be read as an image file.

    Raises:
        ValueError: It holds nothing of the sort.
    """
    encoded, path = (cell.get("bytes"), cell.get("path")) if isinstance(cell, Mapping) else (cell, None)
    if isinstance(encoded, bytes):
        return BytesIO(encoded)
    if isinstance(path, str):
        return Path(path)
    raise ValueError("there are neither bytes of a file nor its path")


def find_image_column(table: Any, asked: str | None) -> str:
    """The column of images: the one asked for, else the only one of that type.

    Raises:
        ZooError: There is none or more than one; it names the columns.
    """
    return _column(table, asked, "Image", "image_column") or _refuse(table, "image_column")


def find_label_column(table: Any, asked: str | None) -> str | None:
    """The column of classes: the one asked for, else the only one of type ClassLabel, if there is one.

    Raises:
        ZooError: The one asked for is not there, or there are several; it names the columns.
    """
    return _column(table, asked, "ClassLabel", "label_column")


def read_labels(table: Any, train: Any, column: str | None) -> tuple[Tensor, tuple[str, ...]]:
    """The classes (N,) of a table's rows, -1 where there is none, and their names.

    Args:
        table: A split.
        train: The training split, whose values are the classes where the column is not of type ClassLabel.
        column: The column of classes, or None for images without labels.

    Raises:
        ZooError: A row has a class that the training split lacks.
    """
    if column is None:
        return torch.full((len(table),), -1), ()
    values = _values(table, column)
    if _type(train.features[column]) == "ClassLabel":
        return torch.tensor(values.fill_null(-1).to_numpy(), dtype=torch.long), tuple(train.features[column].names)
    names = sorted(_values(train, column).unique().drop_null().to_pylist())
    number_of = {name: number for number, name in enumerate(names)} | {None: -1}
    rows = values.to_pylist()
    unknown = next((value for value in rows if value not in number_of), None)
    if unknown is not None:
        raise ZooError(f"Column '{column}' of the test images holds '{unknown}', which no training image has.")
    return torch.tensor([number_of[value] for value in rows]), tuple(map(str, names))


def describe_columns(table: Any) -> str:
    """All columns with their types."""
    return ", ".join(f"{name} ({_type(feature)})" for name, feature in table.features.items())


def _column(table: Any, asked: str | None, wanted: str, option: str) -> str | None:
    if asked is not None:
        return asked if asked in table.features else _refuse(table, option)
    found = [name for name, feature in table.features.items() if _type(feature) == wanted]
    return next(iter(found), None) if len(found) < 2 else _refuse(table, option)


def _refuse(table: Any, option: str) -> str:
    raise ZooError(
        f"Which is the {option.replace('_', ' ')}? Name it with `-o data.{option}=NAME`. The columns here are "
        f"{describe_columns(table)}."
    )


def _type(feature: Any) -> str:
    kind = type(feature).__name__
    return str(feature.dtype) if kind == "Value" else kind


def _values(table: Any, column: str) -> Any:
    return table.select_columns([column]).with_format("arrow")[:].column(0)
