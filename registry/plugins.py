"""The installed plugins: finds them, loads each one in isolation, and calls their hooks."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from time import perf_counter
from typing import Any

import pluggy

from registry.components import Catalogue, Component, Register
from registry.errors import ZooError, summarize_error, unknown_name_error


@dataclass(frozen=True)
class PluginAPI:
    """The interface that plugins implement.

    Attributes:
        project: pluggy project name, and the entry-point group.
        hookspecs: Classes whose methods specify the hooks.
        version: Number that a plugin's own `ZOO_API` must equal, if the plugin states one.
    """

    project: str
    hookspecs: tuple[type, ...]
    version: int

    def create_manager(self) -> pluggy.PluginManager:
        """A new pluggy manager with these hooks and without plugins."""
        manager = pluggy.PluginManager(self.project)
        for specification in self.hookspecs:
            manager.add_hookspecs(specification)
        return manager


class PluginContractError(Exception):
    """A plugin breaks the contract in a way that has no other exception."""


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


def load_plugins(
    api: PluginAPI, installed: Iterable[EntryPoint] | None = None, environ: Mapping[str, str] = os.environ
) -> Plugins:
    """Loads every installed plugin in isolation, in the order of (distribution, name).

    Args:
        api: The hooks and their version.
        installed: Entry points to load; all that are installed under the project's group if None.
        environ: May contain ZOO_PLUGINS (load only these), ZOO_DISABLED_PLUGINS (leave these out) and
            ZOO_STRICT_PLUGINS (raise the error of a failing plugin).

    Raises:
        UsageError: ZOO_PLUGINS or ZOO_DISABLED_PLUGINS names a plugin that is not installed.
    """
    entries = sorted(entry_points(group=api.project) if installed is None else installed, key=_get_origin)
    disabled = _find_disabled({entry.name for entry in entries}, environ)
    manager = api.create_manager()
    records: list[PluginRecord] = []
    for entry in entries:
        if entry.name in disabled:
            records.append(_make_record(entry, "disabled", f"left out by {disabled[entry.name]}"))
        else:
            records.append(_load(entry, api, manager, strict=environ.get("ZOO_STRICT_PLUGINS") == "1"))
    return Plugins(tuple(records), Catalogue(c for record in records for c in record.components), manager)


def _load(entry: EntryPoint, api: PluginAPI, manager: pluggy.PluginManager, strict: bool) -> PluginRecord:
    distribution, name, version = _get_origin(entry)
    register = Register(name, distribution, version)
    started = perf_counter()
    try:
        plugin = entry.load()
        hooks = _check_and_register(plugin, api, register)
        if manager.has_plugin(name):
            raise PluginContractError(f"another distribution has a plugin named '{name}' as well")
        manager.register(plugin, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if strict:
            raise
        return _make_record(entry, "failed", _explain(error), seconds=perf_counter() - started)
    components = tuple(register.components)
    return _make_record(entry, "loaded", hooks=hooks, components=components, seconds=perf_counter() - started)


def _check_and_register(plugin: object, api: PluginAPI, register: Register) -> tuple[str, ...]:
    """Checks one plugin against the hooks, in a manager without others, and lets it register; returns its hooks."""
    _check_version(getattr(plugin, "ZOO_API", api.version), api)
    manager = api.create_manager()
    manager.register(plugin)
    manager.check_pending()
    hooks = manager.get_hookcallers(plugin)
    if not hooks:
        raise PluginContractError("implements no hook: is @hookimpl missing?")
    for implementation in (implementation for hook in hooks for implementation in hook.get_hookimpls()):
        if implementation.wrapper or implementation.hookwrapper:
            raise PluginContractError("has a hook wrapper, but hooks are called for each plugin on its own")
    manager.hook.register_components(register=register)
    return tuple(sorted(hook.name for hook in hooks))


def _check_version(version: object, api: PluginAPI) -> None:
    if version == api.version:
        return
    if version in range(1, api.version):
        advice = f"rename what CHANGELOG.md lists, and state ZOO_API = {api.version}"
    else:
        advice = "install versions of both that fit each other"
    raise PluginContractError(f"made for plugin API {version}, but {api.project} has API {api.version}: {advice}")


def _find_disabled(installed: set[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Names of the plugins to leave out, each with the variable that does so."""
    allowed = _read_names(environ, "ZOO_PLUGINS", installed)
    disabled = _read_names(environ, "ZOO_DISABLED_PLUGINS", installed)
    not_allowed = dict.fromkeys(installed - allowed, "ZOO_PLUGINS") if environ.get("ZOO_PLUGINS") else {}
    return not_allowed | dict.fromkeys(disabled, "ZOO_DISABLED_PLUGINS")


def _read_names(environ: Mapping[str, str], variable: str, installed: set[str]) -> set[str]:
    names = {name.strip() for name in environ.get(variable, "").split(",") if name.strip()}
    for name in sorted(names - installed):
        raise unknown_name_error(f"plugin in {variable}", name, installed)
    return names


def _make_record(entry: EntryPoint, status: str, reason: str = "", **fields: Any) -> PluginRecord:
    distribution, name, version = _get_origin(entry)
    return PluginRecord(name, distribution, version, status, reason, **fields)


def _get_origin(entry: EntryPoint) -> tuple[str, str, str]:
    """Distribution, entry-point name and version: the order of loading, and the content of a record."""
    dist = entry.dist
    return (dist.name, entry.name, dist.version) if dist else ("unknown", entry.name, "unknown")


def _explain(error: BaseException) -> str:
    """One line on why a plugin is not loaded; errors of this project need no code location."""
    if isinstance(error, (PluginContractError, ZooError, pluggy.PluginValidationError)):
        return " ".join(str(error).split())
    return summarize_error(error)
