"""A component that a plugin registers: its name, its origin, and where to import it from."""

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

from registry.errors import ZooError

KINDS = ("generator", "discriminator", "loss", "dataset", "recipe")


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
