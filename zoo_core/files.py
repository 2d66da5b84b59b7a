"""Files that are written atomically, read with clear errors, and checked by checksum; logs of steps."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry import UsageError, ZooError

DRAFT_SUFFIX = ".part"  # of files and folders that are not yet complete


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON file; a reader finds the old or the new content, never a part of it."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text file; a reader finds the old or the new content, never a part of it."""
    draft = path.with_name(path.name + DRAFT_SUFFIX)
    with open(draft, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_new_text(path: Path, text: str, overwrite: bool) -> None:
    """Writes a text file that the user has named.

    Raises:
        UsageError: The file exists and must not be replaced.
        ZooError: The file cannot be written.
    """
    check_not_exists(path, overwrite)
    try:
        write_text(path, text)
    except OSError as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error


def check_not_exists(path: Path, overwrite: bool) -> None:
    """Checks that a file may be written.

    Raises:
        UsageError: The file exists and must not be replaced.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists. Write `--overwrite` to replace it, or `--output` with another name.")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        ZooError: The file is missing or damaged.
    """
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise ZooError(f"{path} cannot be read: {error}.") from error


def sync(path: Path) -> None:
    """Waits until a file or folder is on the disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def compute_sha256(path: Path) -> str:
    """The SHA-256 checksum of a file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class StepLog:
    """A file of JSON lines, each with its step; without times, so that equal runs write equal files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Appends a line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def rewind(self, step: int) -> None:
        """Removes the lines after a step."""
        if self.path.exists():
            write_text(self.path, "".join(json.dumps(line) + "\n" for line in self.read() if line["step"] <= step))

    def sync(self) -> None:
        """Waits until all lines are on the disk, so that no checkpoint is ever ahead of them."""
        if self.path.exists():
            sync(self.path)

    def read(self) -> list[dict[str, Any]]:
        """All complete lines; a last one that is cut off is ignored.

        Raises:
            ZooError: The file is damaged.
        """
        if not self.path.exists():
            return []
        try:
            text = self.path.read_text(encoding="utf-8")
            lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        except (OSError, ValueError) as error:
            raise ZooError(f"{self.path} cannot be read: {error}.") from error
        if not all(isinstance(line, dict) and isinstance(line.get("step"), int) for line in lines):
            raise ZooError(f"{self.path} cannot be read: a line has no step.")
        return lines
