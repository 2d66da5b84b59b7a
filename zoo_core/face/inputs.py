"""The pictures that a user names: files, and folders of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from registry import UsageError


@dataclass(frozen=True)
class Input:
    """One picture.

    Attributes:
        path: The file.
        name: What to call what is made of it: its path below the folder that was named, or its own name.
    """

    path: Path
    name: Path


def expanded(named: Sequence[Path]) -> list[Input]:
    """Files as they are, and of folders every file below them that has the suffix of an image, in alphabetical order.

    Raises:
        UsageError: Something does not exist, or a folder holds no image.
    """
    return [found for path in named for found in _below(path)]


def _below(path: Path) -> list[Input]:
    if path.is_file():
        return [Input(path, Path(path.name))]
    if not path.is_dir():
        raise UsageError(f"There is no file or folder {path}.")
    suffixes = Image.registered_extensions()
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    if not files:
        raise UsageError(f"There are no image files in {path} (.jpg, .png, .webp ...).")
    return [Input(file, file.relative_to(path)) for file in files]
