"""Copies of runs, and their JSON files, which tests of reports read and change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Copy = Callable[..., Path]


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def change(path: Path, **content: Any) -> None:
    path.write_text(json.dumps(read(path) | content))
