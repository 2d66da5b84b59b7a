"""Which columns of a table hold images and classes, and the classes they hold."""

from typing import Any

import torch
from torch import Tensor

from zoo_core.contract.errors import ZooError


def image_column(table: Any, asked: str | None) -> str:
    """The column of images: the one asked for, else the only one of that type.

    Raises:
        ZooError: There is none or more than one; it names the columns.
    """
    return _column(table, asked, "Image", "image_column") or _refuse(table, "image_column")


def label_column(table: Any, asked: str | None) -> str | None:
    """The column of classes: the one asked for, else the only one of type ClassLabel, if there is one.

    Raises:
        ZooError: The one asked for is not there, or there are several; it names the columns.
    """
    return _column(table, asked, "ClassLabel", "label_column")


def labels_of(table: Any, train: Any, column: str | None) -> tuple[Tensor, tuple[str, ...]]:
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


def columns_in_words(table: Any) -> str:
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
        f"{columns_in_words(table)}."
    )


def _type(feature: Any) -> str:
    kind = type(feature).__name__
    return str(feature.dtype) if kind == "Value" else kind


def _values(table: Any, column: str) -> Any:
    return table.select_columns([column]).with_format("arrow")[:].column(0)
