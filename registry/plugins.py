"""What became of the installed plugins, and how their hooks are called."""

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pluggy

from registry.catalogue import Catalogue
from registry.component import Component

HERE = Path(__file__).parent


@dataclass(frozen=True)
class PluginRecord:
    """What became of one installed plugin.

    Attributes:
        name: Name of the entry point.
        distribution: Distribution that declares it.
        version: Version of that distribution.
        status: "loaded", "failed" or "disabled".
        reason: Why it is not loaded, or what is remarkable about it; else empty.
        hooks: Names of the hooks it implements.
        components: What it offers.
        seconds: Time it took to load.
    """

    name: str
    distribution: str
    version: str
    status: str
    reason: str = ""
    hooks: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for `zoo plugins --json`."""
        offered = [f"{component.kind} {component.name}" for component in self.components]
        return {**vars(self), "hooks": list(self.hooks), "components": offered, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Plugins:
    """All plugins found, the catalogue of what the sound ones offer, and the manager that calls their hooks."""

    records: tuple[PluginRecord, ...]
    catalogue: Catalogue
    manager: pluggy.PluginManager = field(repr=False)

    def call(self, hook: str, without: frozenset[str] = frozenset(), **arguments: Any) -> dict[str, str]:
        """Calls a hook of every plugin that implements it, each on its own.

        Args:
            hook: Name of the hook.
            without: Names of plugins to leave out.
            arguments: What the hook is told.

        Returns:
            For each plugin that failed, its name and the reason.
        """
        failures: dict[str, str] = {}
        for name, plugin in self.manager.list_name_plugin():
            if name in without:
                continue
            others = [other for other in self.manager.get_plugins() if other is not plugin]
            try:
                self.manager.subset_hook_caller(hook, others)(**arguments)
            except Exception as error:
                failures[name] = summarize_error(error)
        return failures


def summarize_error(error: BaseException) -> str:
    """One line: what kind of error, its message, and the last place that is not inside a library or this package."""
    places = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    where = f" ({Path(places[-1].filename).name}, line {places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _is_library(filename: str) -> bool:
    parts = Path(filename).parts
    return filename.startswith("<") or "torch" in parts or "pluggy" in parts or Path(filename).parent == HERE
