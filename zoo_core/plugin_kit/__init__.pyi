"""The public names for the tests of a plugin, each with the module that defines it."""

from .checks import Check as Check
from .checks import component_checks as component_checks
from .declaration import ContractError as ContractError

__all__: list[str]
