"""Passes the events of a run on to plugins."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from registry import Plugins
from zoo_core.interfaces.hookspecs import Callback


class PluginCallback(Callback):
    """Tells every plugin of a run; one that fails is reported once and left out, and the run goes on.

    Args:
        plugins: The loaded plugins.
        tell: Shows a sentence to the user.
    """

    def __init__(self, plugins: Plugins, tell: Callable[[str], None]) -> None:
        self.plugins = plugins
        self.tell = tell
        self.failed: frozenset[str] = frozenset()

    def training_started(self, run: Mapping[str, Any]) -> None:
        """Passed on."""
        self._pass_on("training_started", run=run)

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """Passed on."""
        self._pass_on("metrics_logged", step=step, metrics=metrics)

    def training_warned(self, step: int, message: str) -> None:
        """Passed on."""
        self._pass_on("training_warned", step=step, message=message)

    def checkpoint_saved(self, step: int, path: Path) -> None:
        """Passed on."""
        self._pass_on("checkpoint_saved", step=step, path=path)

    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """Passed on."""
        self._pass_on("training_finished", summary=summary)

    def _pass_on(self, hook: str, **arguments: Any) -> None:
        failures = self.plugins.call(hook, without=self.failed, **arguments)
        for name, reason in failures.items():
            self.tell(f"The plugin '{name}' failed in {hook} and is left out of this run: {reason}")
        self.failed |= frozenset(failures)
