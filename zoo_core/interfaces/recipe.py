"""Recipes: what `zoo train NAME` runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECTIONS = ("generator", "discriminator", "loss", "data", "train")


@dataclass(frozen=True)
class Recipe:
    """Names of the components of a GAN and of its default dataset, with settings that suit them.

    Attributes:
        generator: Name of a registered generator; `plugin:name` never becomes ambiguous.
        discriminator: Name of a registered discriminator.
        loss: Name of a registered loss.
        data: Name of a registered dataset.
        options: Settings by section ("generator", "discriminator", "loss", "data", "train"), then by name.

    Examples:
        >>> from zoo_core import Recipe
        >>> recipe = Recipe("dcgan:generator", "dcgan:critic", "dcgan:loss", options={"train": {"steps": 100}})
        >>> recipe.data, recipe.to_sections()["train"]
        ('digits', {'steps': 100})
    """

    generator: str
    discriminator: str
    loss: str
    data: str = "digits"
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_sections(self) -> dict[str, dict[str, Any]]:
        """The recipe in the form of a settings file: the lowest layer of settings."""
        names = {"generator": self.generator, "discriminator": self.discriminator, "loss": self.loss, "data": self.data}
        return {
            section: ({"name": names[section]} if section in names else {}) | dict(self.options.get(section, {}))
            for section in SECTIONS
        }
