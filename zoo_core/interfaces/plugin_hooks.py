"""Calls the hooks of the installed plugins: one typed method per hook."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from registry import Plugins, load_plugins, summarize_error
from zoo_core.interfaces.hookspecs import PLUGIN_API, Callback

if TYPE_CHECKING:
    import click


def load_installed_plugins() -> Plugins:
    """Loads all installed plugins.

    Raises:
        UsageError: An environment variable names a plugin that is not installed.
    """
    return load_plugins(PLUGIN_API)


def iterate_command_plugins(plugins: Plugins) -> Iterator[tuple[str, Callable[["click.Group"], object]]]:
    """Yields each plugin that adds commands: its name, and a function that adds them to a group."""
    for name, register_commands in plugins.iterate_hook(plugins.manager.hook.register_commands):
        yield name, partial(_add_commands, register_commands)


def _add_commands(register_commands: Callable[..., object], group: "click.Group") -> None:
    register_commands(cli=group)


class PluginCallback(Callback):
    """Passes the events of a run to all plugins.

    A plugin that fails is reported once and receives no further event of the run, which continues.

    Args:
        plugins: The loaded plugins.
        report: Shows a sentence to the user.
    """

    def __init__(self, plugins: Plugins, report: Callable[[str], None]) -> None:
        self.plugins = plugins
        self.hooks = plugins.manager.hook
        self.report = report
        self.failed: set[str] = set()

    def training_started(self, run: Mapping[str, Any]) -> None:
        """A run starts or resumes."""
        self._call_each(self.hooks.training_started, run=run)

    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """A line of metrics was written."""
        self._call_each(self.hooks.metrics_logged, step=step, metrics=metrics)

    def training_warned(self, step: int, message: str) -> None:
        """A warning was written."""
        self._call_each(self.hooks.training_warned, step=step, message=message)

    def checkpoint_saved(self, step: int, path: Path) -> None:
        """A checkpoint is complete."""
        self._call_each(self.hooks.checkpoint_saved, step=step, path=path)

    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """The run is finished."""
        self._call_each(self.hooks.training_finished, summary=summary)

    def _call_each(self, hook: pluggy.HookCaller, **arguments: object) -> None:
        for name, call in self.plugins.iterate_hook(hook):
            if name in self.failed:
                continue
            try:
                call(**arguments)
            except Exception as error:
                self.failed.add(name)
                reason = summarize_error(error)
                self.report(f"The plugin '{name}' failed in {hook.name} and is left out of this run: {reason}")
