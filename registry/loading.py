"""Finds installed plugins and loads each one so that its trouble stays its own."""

import io
import os
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from time import perf_counter
from typing import Any

import pluggy

from registry.catalogue import Catalogue
from registry.errors import unknown
from registry.plugins import PluginRecord, Plugins, summarize_error
from registry.register import Register

SLOW_SECONDS = 1.0


@dataclass(frozen=True)
class PluginAPI:
    """The contract that plugins are held against.

    Attributes:
        project: pluggy project name, and the entry-point group.
        hookspecs: Classes whose methods specify the hooks.
        api_version: Number that a plugin's own `ZOO_API` has to equal, where it states one.
    """

    project: str
    hookspecs: tuple[type, ...]
    api_version: int

    def manager(self) -> pluggy.PluginManager:
        """A fresh pluggy manager that knows the hooks and no plugin."""
        manager = pluggy.PluginManager(self.project)
        for specification in self.hookspecs:
            manager.add_hookspecs(specification)
        return manager


class PluginContractError(Exception):
    """A plugin breaks the contract in a way that has no exception of its own."""


def load_plugins(
    system: PluginAPI, found: Iterable[EntryPoint] | None = None, environ: Mapping[str, str] = os.environ
) -> Plugins:
    """Loads every installed plugin in isolation, in the order of (distribution, name).

    Args:
        system: The hooks and the version of the interface.
        found: Entry points to load; those installed under the project's group when None.
        environ: Where ZOO_PLUGINS (only these), ZOO_DISABLED_PLUGINS (not these) and ZOO_STRICT_PLUGINS (raise) are.

    Raises:
        UsageError: ZOO_PLUGINS or ZOO_DISABLED_PLUGINS names a plugin that is not installed.
    """
    entries = sorted(entry_points(group=system.project) if found is None else found, key=_origin)
    excluded = _excluded({entry.name for entry in entries}, environ)
    manager = system.manager()
    records: list[PluginRecord] = []
    for entry in entries:
        if entry.name in excluded:
            records.append(_record(entry, "disabled", f"left out by {excluded[entry.name]}"))
        else:
            records.append(_load(entry, system, manager, strict=environ.get("ZOO_STRICT_PLUGINS") == "1"))
    return Plugins(tuple(records), Catalogue(c for record in records for c in record.components), manager)


def _load(entry: EntryPoint, system: PluginAPI, manager: pluggy.PluginManager, strict: bool) -> PluginRecord:
    started = perf_counter()
    printed = io.StringIO()
    register = Register(entry.name, *_origin(entry)[::2])
    try:
        with redirect_stdout(printed):
            plugin = entry.load()
            hooks = _try_out(plugin, system, register)
        if manager.has_plugin(entry.name):
            raise PluginContractError(f"another distribution has a plugin named '{entry.name}' too")
        manager.register(plugin, entry.name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if strict:
            raise
        return _record(entry, "failed", _failure(error), seconds=perf_counter() - started)
    seconds = perf_counter() - started
    remark = _remark(seconds, printed.getvalue())
    return _record(entry, "loaded", remark, tuple(hooks), tuple(register.components), seconds)


def _try_out(plugin: object, system: PluginAPI, register: Register) -> list[str]:
    """Holds one plugin alone against the hooks and lets it register; returns the hooks it implements."""
    version = getattr(plugin, "ZOO_API", system.api_version)
    if version != system.api_version:
        raise PluginContractError(f"made for plugin API {version}, this is {system.api_version}")
    trial = system.manager()
    trial.register(plugin)
    trial.check_pending()
    if not trial.get_hookcallers(plugin):
        raise PluginContractError("implements no hook: is @hookimpl missing?")
    trial.hook.register_components(register=register)
    return sorted(caller.name for caller in trial.get_hookcallers(plugin) or ())


def _excluded(installed: set[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Names to leave out, each with the variable that says so."""
    allowed, refused = (_names(environ, variable, installed) for variable in ("ZOO_PLUGINS", "ZOO_DISABLED_PLUGINS"))
    excluded = dict.fromkeys(installed - allowed, "ZOO_PLUGINS") if environ.get("ZOO_PLUGINS") else {}
    return excluded | dict.fromkeys(refused, "ZOO_DISABLED_PLUGINS")


def _names(environ: Mapping[str, str], variable: str, installed: set[str]) -> set[str]:
    names = {name.strip() for name in environ.get(variable, "").split(",") if name.strip()}
    for name in sorted(names - installed):
        raise unknown(f"plugin in {variable}", name, installed)
    return names


def _record(entry: EntryPoint, status: str, reason: str, *rest: Any, **fields: Any) -> PluginRecord:
    distribution, _, version = _origin(entry)
    return PluginRecord(entry.name, distribution, version, status, reason, *rest, **fields)


def _origin(entry: EntryPoint) -> tuple[str, str, str]:
    """Distribution, entry-point name and version: the sorting key, and what a record shows."""
    dist = entry.dist
    return (dist.name, entry.name, dist.version) if dist else ("unknown", entry.name, "unknown")


def _failure(error: BaseException) -> str:
    """One line on why a plugin is not loaded; what breaks the contract needs no place in a file."""
    if isinstance(error, (PluginContractError, pluggy.PluginValidationError)):
        return " ".join(str(error).split())
    return summarize_error(error)


def _remark(seconds: float, printed: str) -> str:
    """What a user should know of a plugin that works but misbehaves."""
    remarks = []
    if seconds > SLOW_SECONDS:
        remarks.append(f"slow: took {seconds:.1f} s to load")
    if printed:
        remarks.append(f"printed while loading: {' '.join(printed.split())[:60]!r}")
    return "; ".join(remarks)
