"""The hooks that a plugin may implement, each used by a built-in plugin, and the calls of installed plugins."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from registry import PluginAPI, Plugins, Register, load_plugins, summarize_error

if TYPE_CHECKING:
    import click

PROJECT = "gan_zoo"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class RegistrationHooks:
    """Hooks that register what a plugin offers. They run before torch is imported, and must not import it."""

    @hookspec
    def register_components(self, register: Register) -> None:
        """Register generators, discriminators, losses, datasets and recipes.

        `register` has one method per kind, each taking (name, "module:attribute", one-line summary).
        """

    @hookspec
    def register_commands(self, cli: "click.Group") -> None:
        """Add commands to the program `zoo`, in the group `cli`. Names of existing commands cannot be used."""


class Callback:
    """Hooks for the events of a run; also the base class of the callbacks of a `Trainer`.

    None of them is called inside a training step. `step` is the number of completed steps.

    Examples:
        >>> from zoo_core import Callback
        >>> class Printer(Callback):
        ...     def metrics_logged(self, step, metrics):
        ...         print(step, metrics)
        >>> Printer().metrics_logged(20, {"generator/rec": 0.5})
        20 {'generator/rec': 0.5}
    """

    @hookspec
    def training_started(self, run: Mapping[str, Any]) -> None:
        """A run starts or resumes.

        `run` is the content of run.json, and has "run_dir", "first_step" and "notes" for the user.
        """

    @hookspec
    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """A line was written to metrics.jsonl; after an evaluation its sample grid has been written as well.

        The line has terms such as "generator/rec", or metrics such as "validation/accuracy".
        """

    @hookspec
    def training_warned(self, step: int, message: str) -> None:
        """A warning was written to warnings.jsonl, such as mode collapse or a return to an earlier step."""

    @hookspec
    def checkpoint_saved(self, step: int, path: Path) -> None:
        """A checkpoint is complete and on the disk, in the folder `path`."""

    @hookspec
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """The last step is completed; `summary` is the content of summary.json."""


PLUGIN_API = PluginAPI(PROJECT, (RegistrationHooks, Callback), version=2)


def load_installed_plugins() -> Plugins:
    """Loads all installed plugins.

    Raises:
        UsageError: An environment variable names a plugin that is not installed.
    """
    return load_plugins(PLUGIN_API)


class PluginCallback(Callback):
    """Passes the events of a run to all plugins.

    A plugin that fails is reported to the user once and receives no further event of the run, which continues.
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
