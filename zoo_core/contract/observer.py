"""What may be told of a run while it goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Observer:
    """Is told of a run's events; override what matters. Nothing is called inside a step."""

    def training_started(self, run: Mapping[str, Any]) -> None:
        """A run begins or goes on.

        Args:
            run: What run.json holds, and "first_step".
        """

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Terms ("generator/rec") or held-out results ("validation/accuracy") were written to metrics.jsonl."""

    def checkpoint_saved(self, step: int, path: Path) -> None:
        """A checkpoint is whole and on disk."""

    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """The last step is done and summary.json is written."""
