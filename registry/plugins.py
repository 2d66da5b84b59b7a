"""The installed plugins: whether each one is loaded, and how to call their hooks."""

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pluggy

from registry.components import Catalogue, Component

PACKAGE_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class PluginRecord:
    """One installed plugin: whether it is loaded, and what it offers.

    Attributes:
        name: Name of the entry point.
        distribution: Distribution that declares it.
        version: Version of that distribution.
        status: "loaded", "failed" or "disabled".
        reason: Why it is not loaded; empty if it is.
        hooks: Names of the hooks that it implements.
        components: What it registers.
        seconds: Time that loading took.
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
        components = [f"{component.kind} {component.name}" for component in self.components]
        return {**vars(self), "hooks": list(self.hooks), "components": components, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Plugins:
    """All installed plugins, the catalogue of their components, and the pluggy manager of their hooks."""

    records: tuple[PluginRecord, ...]
    catalogue: Catalogue
    manager: pluggy.PluginManager = field(repr=False)

    def iterate_hook(self, hook: pluggy.HookCaller) -> Iterator[tuple[str, Callable[..., object]]]:
        """Yields the plugins that implement a hook of `manager`, in the order of loading, so that each is called alone.

        Each comes with its name. Its implementation takes all arguments of the hook by keyword, and passes on those
        that the plugin declares.
        """
        names = [name for name, _ in self.manager.list_name_plugin()]
        for implementation in sorted(hook.get_hookimpls(), key=lambda each: names.index(each.plugin_name)):
            yield implementation.plugin_name, partial(_call, implementation)


def _call(implementation: pluggy.HookImpl, **arguments: object) -> object:
    return implementation.function(*(arguments[name] for name in implementation.argnames))


def summarize_error(error: BaseException) -> str:
    """One line: the kind of error, its message, and the last code location outside of libraries and this package."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    location = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{location}"


def _is_library(filename: str) -> bool:
    path = Path(filename)
    return filename.startswith("<") or path.parent == PACKAGE_FOLDER or bool({"torch", "pluggy"} & set(path.parts))
