"""The object with which a plugin registers its components."""

import re

from registry.component import Component

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class Register:
    """Collects the components of one plugin, each with its origin.

    A plugin receives it in the hook `register_components`. There is one method per kind of component; each takes the
    name that users type, the "module:attribute" to import, and a summary of one line.

    Args:
        plugin: Name of the plugin.
        distribution: Installed distribution of the plugin.
        version: Version of that distribution.

    Example:
        >>> from zoo_core import Register, hookimpl
        >>> @hookimpl
        ... def register_components(register):
        ...     register.loss("hinge", "zoo_acme.loss:Hinge", "Hinge loss.")
        >>> register = Register("acme", "zoo-acme", "1.0")
        >>> register_components(register)
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
