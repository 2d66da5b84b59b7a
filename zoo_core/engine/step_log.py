"""metrics.jsonl and warnings.jsonl: one line for each time that something was measured or noticed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo_core.contract.errors import ZooError
from zoo_core.engine.files import sync


class StepLog:
    """A file of JSON lines, each with its step. It holds no times, so the same run writes the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rewind(self, step: int) -> None:
        """Drops what lies beyond a step from which the run goes on."""
        if not self.path.exists():
            return
        kept = [line for line in self.lines() if line["step"] <= step]
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        draft.replace(self.path)

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Writes one line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def sync(self) -> None:
        """Makes sure that all lines are on the disk, so that no checkpoint is ever ahead of them."""
        if self.path.exists():
            sync(self.path)

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines; one that was cut off in writing is none.

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
            raise ZooError(f"{self.path} cannot be read: a line of it is not about a step.")
        return lines
