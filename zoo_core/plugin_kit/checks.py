"""The contract, as checks that anybody can run over a plugin's components: with pytest, or by `zoo check-plugin`.

In a plugin's own tests::

    @pytest.mark.parametrize("check", component_checks("my-plugin"), ids=str)
    def test_contract(check):
        check()
"""

from collections.abc import Callable
from dataclasses import dataclass

from registry import Component, ZooError, load_plugins, unknown
from zoo_core.interfaces.hookspecs import plugin_api
from zoo_core.plugin_kit.requirements import DEMANDS
from zoo_core.plugin_kit.trials import ContractError

__all__ = ["Check", "ContractError", "component_checks"]


@dataclass(frozen=True)
class Check:
    """One demand on one component; calling it raises a `ContractError` where the demand is not met."""

    component: Component
    demand: Callable[[Component], None]

    def __call__(self) -> None:
        """Checks."""
        self.demand(self.component)

    def __str__(self) -> str:
        return f"{self.component.kind} {self.component.name}: {self.demand.__name__.replace('_', ' ')}"


def component_checks(plugin: str) -> list[Check]:
    """All checks over what an installed plugin offers.

    Args:
        plugin: Its name, as `zoo plugins` shows it.

    Raises:
        ZooError: It is not installed, could not be loaded, or offers nothing.
    """
    records = {record.name: record for record in load_plugins(plugin_api()).records}
    if plugin not in records:
        raise unknown("plugin", plugin, records, "Is it installed in this environment? `zoo plugins` shows all.")
    record = records[plugin]
    if record.status != "loaded":
        raise ZooError(f"The plugin '{plugin}' is {record.status}: {record.reason}.")
    if not record.components:
        raise ZooError(f"The plugin '{plugin}' offers no components, so there is nothing to check.")
    return [Check(component, demand) for component in record.components for demand in DEMANDS[component.kind]]
