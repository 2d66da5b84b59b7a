"""The checks of a plugin's components, for `zoo check-plugin` and for the plugin's own tests."""

from collections.abc import Callable
from dataclasses import dataclass

from registry import Component, ZooError, unknown_name_error
from zoo_core.interfaces.hooks import load_installed_plugins
from zoo_core.plugin_kit import behaviour, declaration

Requirement = Callable[[Component], None]

DECLARATION: tuple[Requirement, ...] = (
    declaration.matches_its_kind,
    declaration.registers_without_importing_torch,
    declaration.documents_its_options,
)
CLASS_DECLARATION = (*DECLARATION, declaration.starts_its_docstring_with_its_summary)
WEIGHTS = (
    behaviour.has_gradients_for_every_weight,
    behaviour.is_reproducible_and_restorable,
    behaviour.builds_on_the_meta_device,
)
REQUIREMENTS: dict[str, tuple[Requirement, ...]] = {
    "generator": (*CLASS_DECLARATION, behaviour.generates_valid_images, *WEIGHTS),
    "discriminator": (*CLASS_DECLARATION, behaviour.returns_valid_logits, *WEIGHTS),
    "loss": (*CLASS_DECLARATION, declaration.is_used_by_a_recipe),
    "dataset": DECLARATION,
    "recipe": (
        declaration.matches_its_kind,
        declaration.registers_without_importing_torch,
        behaviour.trains_finite_steps_with_and_without_labels,
    ),
}


@dataclass(frozen=True)
class Check:
    """One requirement on one component; `str(check)` describes it.

    Attributes:
        component: The component to check.
        requirement: Raises a `ContractError` if the component does not meet it.

    Examples:
        >>> from zoo_core.plugin_kit import component_checks
        >>> print(component_checks("ccgan")[0])
        generator masked-autoencoder: matches its kind
    """

    component: Component
    requirement: Requirement

    def __call__(self) -> None:
        """Runs the check.

        Raises:
            ContractError: The component does not meet the requirement; the message says what to change.
        """
        self.requirement(self.component)

    def __str__(self) -> str:
        return f"{self.component.kind} {self.component.name}: {self.requirement.__name__.replace('_', ' ')}"


def component_checks(plugin: str) -> list[Check]:
    """Lists the checks of every component that an installed plugin offers.

    Args:
        plugin: Name of the plugin, as `zoo plugins` shows it.

    Raises:
        ZooError: The plugin is not installed, could not be loaded, or offers no components.

    Examples:
        >>> from zoo_core.plugin_kit import component_checks
        >>> check = component_checks("ccgan")[0]
        >>> print(check)
        generator masked-autoencoder: matches its kind
        >>> check()
    """
    records = {record.name: record for record in load_installed_plugins().records}
    if plugin not in records:
        advice = "Is it installed in this environment? `zoo plugins` lists all plugins."
        raise unknown_name_error("plugin", plugin, records, advice)
    record = records[plugin]
    if record.status != "loaded":
        raise ZooError(f"The plugin '{plugin}' is {record.status}: {record.reason}.")
    if not record.components:
        raise ZooError(f"The plugin '{plugin}' offers no components, so there is nothing to check.")
    return [
        Check(component, requirement) for component in record.components for requirement in REQUIREMENTS[component.kind]
    ]
