"""metrics.jsonl: one line for each time that something was measured."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class MetricsLog:
    """A file of JSON lines, each with its step. It holds no times, so the same run writes the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rewind(self, step: int) -> None:
        """Drops what lies beyond a step from which the run goes on."""
        kept = [line for line in self.lines() if line["step"] <= step]
        draft = self.path.with_name(self.path.name + ".part")
        draft.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        draft.replace(self.path)

    def add(self, step: int, metrics: Mapping[str, float]) -> None:
        """Writes one line."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines; one that was cut off in writing is none."""
        if not self.path.exists():
            return []
        text = self.path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
