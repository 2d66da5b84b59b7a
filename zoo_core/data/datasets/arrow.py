"""Columns of the tables of Hugging Face's `datasets` library: images, which are decoded when they are read, and labels.

The tables are memory-mapped Arrow files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from registry import ZooError
from zoo_core.data.decoding import DECODING_ERRORS, describe_decoding_error, read_image


@dataclass(frozen=True)
class ArrowImages:
    """The images in one column of a table; only those that are read are loaded into memory.

    Attributes:
        table: A `datasets.Dataset`.
        column: The column of images: the bytes of an image file, or a struct of its bytes and its path.
        origin: Description of the table, for errors.
        size: Height and width of the images that are read, in pixels.
        channels: 1 or 3.
    """

    table: Any
    column: str
    origin: str
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
        images = torch.empty(len(rows), self.channels, self.size, self.size, dtype=torch.uint8)
        for image, row, cell in zip(images, rows, cells, strict=True):
            image.copy_(self._decode(row, cell))
        return images

    def _decode(self, row: int, cell: Any) -> Tensor:
        try:
            return read_image(_get_image_file(cell), self.size, self.channels)
        except DECODING_ERRORS as error:
            raise ZooError(
                f"Row {row} of {self.origin} has no readable image: {describe_decoding_error(error)}. Fix it and "
                "resume, or remove the row from the data and train again."
            ) from error


def find_column(table: Any, requested: str | None, type_name: str, option: str) -> str | None:
    """The column that the user has requested, or else the only one of this type, if there is one.

    Raises:
        ZooError: The column does not exist, or there is more than one; the message lists the columns.
    """
    if requested is not None and requested not in table.features:
        raise ZooError(suggest_columns(table, option, f"No column is called '{requested}'."))
    if requested is not None:
        return requested
    names = [name for name, feature in table.features.items() if _get_type_name(feature) == type_name]
    if len(names) > 1:
        raise ZooError(suggest_columns(table, option, f"{len(names)} columns are of type {type_name}."))
    return names[0] if names else None


def read_labels(table: Any, train: Any, column: str | None) -> tuple[Tensor, tuple[str, ...]]:
    """Reads the classes (N,) of a table's rows, -1 if a row has none, and their names.

    Args:
        table: A split.
        train: The training split, whose values are the classes if the column is not of type ClassLabel.
        column: The column of classes, or None for images without labels.

    Raises:
        ZooError: A row has a class that does not occur in the training split.
    """
    if column is None:
        return torch.full((len(table),), -1), ()
    values = _read_column(table, column)
    if _get_type_name(train.features[column]) == "ClassLabel":
        return torch.tensor(values.fill_null(-1).to_numpy(), dtype=torch.long), tuple(train.features[column].names)
    names = sorted(_read_column(train, column).unique().drop_null().to_pylist())
    numbers = {name: number for number, name in enumerate(names)} | {None: -1}
    cells = values.to_pylist()
    unknown = next((cell for cell in cells if cell not in numbers), None)
    if unknown is not None:
        raise ZooError(f"Column '{column}' of the test images contains '{unknown}', which no training image has.")
    return torch.tensor([numbers[cell] for cell in cells]), tuple(map(str, names))


def suggest_columns(table: Any, option: str, reason: str) -> str:
    """Explains why no column is used for an option, and how to name one of the columns, which are listed."""
    columns = ", ".join(f"{name} ({_get_type_name(feature)})" for name, feature in table.features.items())
    return f"{reason} Name one with `-o data.{option}=NAME`. The columns are {columns}."


def _get_image_file(cell: Any) -> Path | BytesIO:
    """The image file in a cell: its content, or its path."""
    content, path = (cell.get("bytes"), cell.get("path")) if isinstance(cell, Mapping) else (cell, None)
    if isinstance(content, bytes):
        return BytesIO(content)
    if isinstance(path, str):
        return Path(path)
    raise ValueError("it contains neither the bytes of a file nor a path")


def _get_type_name(feature: Any) -> str:
    name = type(feature).__name__
    return str(feature.dtype) if name == "Value" else name


def _read_column(table: Any, column: str) -> Any:
    return table.select_columns([column]).with_format("arrow")[:].column(0)
