"""What `zoo train NAME` runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECTIONS = ("generator", "discriminator", "loss", "data", "train")


@dataclass(frozen=True)
class Recipe:
    """Names of the parts of a GAN, of the data it learns from by default, and settings that suit them.

    Attributes:
        generator: Name of a registered generator; `plugin:name` never becomes ambiguous.
        discriminator: Name of a registered discriminator.
        loss: Name of a registered loss.
        data: Name of a registered data set.
        options: Settings by section ("generator", "discriminator", "loss", "data", "train"), then by name.
    """

    generator: str
    discriminator: str
    loss: str
    data: str = "digits"
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def sections(self) -> dict[str, dict[str, Any]]:
        """The recipe in the form of a settings file: the lowest layer of the settings."""
        names = {"generator": self.generator, "discriminator": self.discriminator, "loss": self.loss, "data": self.data}
        return {
            section: ({"name": names[section]} if section in names else {}) | dict(self.options.get(section, {}))
            for section in SECTIONS
        }
