"""Components of plugins: what one is, how a plugin registers it, and how it is found by the name that users type."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from registry.errors import UsageError, ZooError, unknown_name_error

KINDS = ("generator", "discriminator", "loss", "dataset", "recipe")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Component:
    """One component.

    Attributes:
        kind: One of `KINDS`.
        name: The short name that a user types.
        target: "module:attribute"; imported when the component is first used.
        summary: One line for `zoo list`.
        plugin: Name of the plugin that registers it.
        distribution: Installed distribution of the plugin.
        version: Version of that distribution.
    """

    kind: str
    name: str
    target: str
    summary: str
    plugin: str
    distribution: str
    version: str

    @property
    def qualified_name(self) -> str:
        """`plugin:name`, which is never ambiguous."""
        return f"{self.plugin}:{self.name}"

    def load(self) -> Any:
        """Imports the target and returns it.

        Raises:
            ZooError: The module or the attribute cannot be imported.
        """
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except Exception as error:
            raise ZooError(
                f"The {self.kind} '{self.qualified_name}' of {self.distribution} {self.version} cannot be loaded from "
                f"{self.target}: {type(error).__name__}: {error}. If the plugin is yours, fix that module or target; "
                f"otherwise update the plugin, or disable it with ZOO_DISABLED_PLUGINS={self.plugin}."
            ) from error

    def as_dict(self) -> dict[str, str]:
        """The fields as plain strings, for `--json` and checkpoints."""
        return asdict(self)


class Register:
    """Collects the components of one plugin, each with its origin.

    A plugin receives it in the hook `register_components`. There is one method per kind of component; each takes the
    name that users type, the "module:attribute" to import, and a summary of one line.

    Examples:
        >>> from zoo_core import Register
        >>> register = Register(plugin="acme", distribution="zoo-acme", version="1.0")
        >>> register.loss("hinge", "zoo_acme.loss:Hinge", "Hinge loss.")
        >>> register.components[0].qualified_name
        'acme:hinge'
    """

    def __init__(self, plugin: str, distribution: str, version: str) -> None:
        self.plugin = plugin
        self.distribution = distribution
        self.version = version
        self.components: list[Component] = []

    def generator(self, name: str, target: str, summary: str) -> None:
        """Registers a `zoo_core.Generator` class."""
        self._add("generator", name, target, summary)

    def discriminator(self, name: str, target: str, summary: str) -> None:
        """Registers a `zoo_core.Discriminator` class."""
        self._add("discriminator", name, target, summary)

    def loss(self, name: str, target: str, summary: str) -> None:
        """Registers a `zoo_core.Loss` class."""
        self._add("loss", name, target, summary)

    def dataset(self, name: str, target: str, summary: str) -> None:
        """Registers a function from `zoo_core.DatasetRequest` to `zoo_core.ImageDataset`."""
        self._add("dataset", name, target, summary)

    def recipe(self, name: str, target: str, summary: str) -> None:
        """Registers a `zoo_core.Recipe` object."""
        self._add("recipe", name, target, summary)

    def _add(self, kind: str, name: str, target: str, summary: str) -> None:
        if not NAME.fullmatch(name):
            raise ValueError(f"{kind} name {name!r} must be lower-case letters, digits, '.', '_' or '-'")
        if not TARGET.fullmatch(target):
            raise ValueError(f"target {target!r} of {kind} '{name}' must look like 'package.module:Class'")
        if not summary or "\n" in summary:
            raise ValueError(f"{kind} '{name}' needs a summary of one line")
        if any(known.kind == kind and known.name == name for known in self.components):
            raise ValueError(f"{kind} '{name}' is registered twice")
        self.components.append(Component(kind, name, target, summary, self.plugin, self.distribution, self.version))


class Catalogue:
    """The components of all loaded plugins, found by name or `plugin:name`."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._components = sorted(components, key=lambda c: (KINDS.index(c.kind), c.name, c.plugin))

    def __iter__(self) -> Iterator[Component]:
        return iter(self._components)

    def filter_by_kind(self, kind: str) -> list[Component]:
        """All components of one kind, sorted by name.

        Raises:
            UsageError: The kind does not exist.
        """
        if kind not in KINDS:
            raise unknown_name_error("kind of component", kind, KINDS)
        return [component for component in self if component.kind == kind]

    def find_all(self, name: str) -> list[Component]:
        """Components of any kind with this `name` or `plugin:name`."""
        return [component for component in self if name in (component.name, component.qualified_name)]

    def find(self, kind: str, name: str) -> Component:
        """The one component of this kind and name, or `plugin:name` if two plugins register the same name.

        Raises:
            UsageError: No component has that name, or components of several plugins have it.
        """
        components = self.filter_by_kind(kind)
        found = [component for component in self.find_all(name) if component.kind == kind]
        if not found:
            names = [c.qualified_name if ":" in name else c.name for c in components]
            raise unknown_name_error(kind, name, names, f"`zoo list {kind}` describes them.")
        if len(found) > 1:
            choices = ", ".join(component.qualified_name for component in found)
            raise UsageError(f"Several plugins register a {kind} '{name}'. Write one of: {choices}.")
        return found[0]
