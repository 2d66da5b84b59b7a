"""Look-up of components by what a user types."""

from collections.abc import Iterable, Iterator

from registry.component import KINDS, Component
from registry.errors import UsageError, unknown


class Catalogue:
    """Everything the loaded plugins offer, found by name or `plugin:name`."""

    def __init__(self, components: Iterable[Component]) -> None:
        self._components = sorted(components, key=lambda c: (KINDS.index(c.kind), c.name, c.plugin))

    def __iter__(self) -> Iterator[Component]:
        return iter(self._components)

    def of_kind(self, kind: str) -> list[Component]:
        """All components of one kind, sorted by name.

        Raises:
            UsageError: There is no such kind.
        """
        if kind not in KINDS:
            raise unknown("kind of component", kind, KINDS)
        return [component for component in self if component.kind == kind]

    def named(self, name: str) -> list[Component]:
        """Components of any kind that answer to `name` or `plugin:name`."""
        return [component for component in self if name in (component.name, component.qualified_name)]

    def find(self, kind: str, name: str) -> Component:
        """The one component of this kind and name.

        Args:
            kind: One of `KINDS`.
            name: A bare name, or `plugin:name` where two plugins offer the same one.

        Raises:
            UsageError: Nothing has that name, or more than one plugin offers it.
        """
        offered = self.of_kind(kind)
        found = [component for component in offered if name in (component.name, component.qualified_name)]
        if not found:
            names = [c.qualified_name if ":" in name else c.name for c in offered]
            raise unknown(kind, name, names, f"`zoo list {kind}` describes them.")
        if len(found) > 1:
            choices = ", ".join(component.qualified_name for component in found)
            raise UsageError(f"More than one plugin offers a {kind} '{name}'. Write one of: {choices}.")
        return found[0]
