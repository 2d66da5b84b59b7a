"""Files that are whole or not there at all."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry import UsageError, ZooError

DRAFT = ".part"


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON file so that a reader finds the old one or the new one, never a part."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file so that a reader finds the old one or the new one, never a part."""
    draft = path.with_name(path.name + DRAFT)
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        ZooError: The file is damaged.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ZooError(f"{path} cannot be read: {error}.") from error


def sync(path: Path) -> None:
    """Makes sure that a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """The sha256 sum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_not_exists(path: Path, overwrite: bool) -> None:
    """Makes sure that a file may be written.

    Raises:
        UsageError: It exists and may not be replaced.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists. Write `--overwrite` to replace it, or `--output` with another name.")


def write_new_text(path: Path, text: str, overwrite: bool) -> None:
    """Writes a text file so that a reader finds the old one or the new one, never a part.

    Raises:
        UsageError: The file exists and may not be replaced.
        ZooError: It cannot be written.
    """
    check_not_exists(path, overwrite)
    try:
        write_text(path, text)
    except OSError as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error
