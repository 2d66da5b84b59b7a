"""The hooks that a plugin may implement. Each one is used by a built-in plugin."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from registry import PluginAPI, Register

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

        Args:
            register: Has one method per kind, each taking (name, "module:attribute", one-line summary).
        """

    @hookspec
    def register_commands(self, cli: "click.Group") -> None:
        """Add commands to the program `zoo`.

        Args:
            cli: A group for this plugin's commands. Names of existing commands cannot be used.
        """


class Callback:
    """Hooks for the events of a run; also the base class of the callbacks of a `Trainer`.

    None of them is called inside a training step.

    Example:
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

        Args:
            run: The content of run.json, and "run_dir", "first_step" and "notes" for the user.
        """

    @hookspec
    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """A line was written to metrics.jsonl; after an evaluation its sample grid has been written as well.

        Args:
            step: Number of completed steps.
            metrics: Terms such as "generator/rec", or metrics such as "validation/accuracy".
        """

    @hookspec
    def training_warned(self, step: int, message: str) -> None:
        """A warning was written to warnings.jsonl, such as mode collapse or a return to an earlier step.

        Args:
            step: Number of completed steps.
            message: Sentences for the user.
        """

    @hookspec
    def checkpoint_saved(self, step: int, path: Path) -> None:
        """A checkpoint is complete and on the disk.

        Args:
            step: Number of completed steps.
            path: The checkpoint's folder.
        """

    @hookspec
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """The last step is completed and summary.json is written.

        Args:
            summary: The content of summary.json.
        """


PLUGIN_API = PluginAPI(PROJECT, (RegistrationHooks, Callback), version=2)
