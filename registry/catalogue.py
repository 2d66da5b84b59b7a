"""Looks up components by the names that users type."""

from collections.abc import Iterable, Iterator

from registry.component import KINDS, Component
from registry.errors import UsageError, unknown_name_error


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
        """The one component of this kind and name.

        Args:
            kind: One of `KINDS`.
            name: A bare name, or `plugin:name` if two plugins register the same one.

        Raises:
            UsageError: No component has that name, or components of several plugins have it.
        """
        components = self.filter_by_kind(kind)
        found = [component for component in components if name in (component.name, component.qualified_name)]
        if not found:
            names = [c.qualified_name if ":" in name else c.name for c in components]
            raise unknown_name_error(kind, name, names, f"`zoo list {kind}` describes them.")
        if len(found) > 1:
            choices = ", ".join(component.qualified_name for component in found)
            raise UsageError(f"Several plugins register a {kind} '{name}'. Write one of: {choices}.")
        return found[0]
