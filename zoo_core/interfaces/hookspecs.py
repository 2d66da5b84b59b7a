"""The hooks a plugin may implement. Each one has a user in the zoo itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from registry import PluginAPI, Register

if TYPE_CHECKING:
    import click

PROJECT = "gan_zoo"
API_VERSION = 1

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Registration:
    """Hooks by which a plugin says what it offers. They run before torch is imported and must not import it."""

    @hookspec
    def register_components(self, register: Register) -> None:
        """Offer generators, discriminators, losses, data sets and recipes.

        Args:
            register: Has one method per kind, each taking (name, "module:attribute", one-line summary).
        """

    @hookspec
    def register_commands(self, cli: "click.Group") -> None:
        """Add commands to the program `zoo`.

        Args:
            cli: A group for this plugin's commands; they appear beside the zoo's own, whose names are taken.
        """


class Callback:
    """Hooks that tell of a run while it goes on; also the base of callbacks given to a `Trainer`.

    Nothing is called inside a step.
    """

    @hookspec
    def training_started(self, run: Mapping[str, Any]) -> None:
        """A run begins or goes on.

        Args:
            run: What run.json holds, "run_dir", "first_step", and "remarks" to pass on to the user.
        """

    @hookspec
    def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
        """A line was written to metrics.jsonl; after a measurement, its sample grid is there already.

        Args:
            step: Steps done.
            metrics: Terms such as "generator/rec", or held-out results such as "validation/accuracy".
        """

    @hookspec
    def training_warned(self, step: int, message: str) -> None:
        """Something is wrong with the run, such as a collapse or a return to an earlier step; in warnings.jsonl too.

        Args:
            step: Steps done when it was noticed.
            message: Sentences for the user.
        """

    @hookspec
    def checkpoint_saved(self, step: int, path: Path) -> None:
        """A checkpoint is whole and on disk.

        Args:
            step: Steps done.
            path: The checkpoint's folder.
        """

    @hookspec
    def training_finished(self, summary: Mapping[str, Any]) -> None:
        """The last step is done and summary.json is written.

        Args:
            summary: What summary.json holds.
        """


def plugin_api() -> PluginAPI:
    """The zoo's plugin contract, for `registry.load_plugins`."""
    return PluginAPI(PROJECT, (Registration, Callback), API_VERSION)
