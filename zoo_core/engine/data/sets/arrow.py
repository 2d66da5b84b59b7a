"""Images in the rows of an Arrow table that is mapped from disk, decoded as they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from zoo_core.contract.errors import ZooError
from zoo_core.engine.data.decoding import DAMAGED, read_image, trouble


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
            ZooError: A row holds no image that can be read.
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
        except DAMAGED as error:
            raise ZooError(
                f"Row {row} of {self.place} holds no image that can be read: {trouble(error)}. Mend it and go on, or "
                "leave the row out of the data and train anew."
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
