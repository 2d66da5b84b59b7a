"""Logs of a run that have a line for each entry: metrics.jsonl and warnings.jsonl."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry import ZooError
from zoo_core.files import sync, write_text


class StepLog:
    """A file of JSON lines, each with its step; without times, so that equal runs write equal files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Appends a line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(_format_line({"step": step, **values}))

    def rewind(self, step: int) -> None:
        """Removes the lines after a step."""
        if self.path.exists():
            write_text(self.path, "".join(_format_line(line) for line in self.read() if line["step"] <= step))

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


def _format_line(values: Mapping[str, Any]) -> str:
    return json.dumps(values) + "\n"
