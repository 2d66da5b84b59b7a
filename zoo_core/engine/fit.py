"""Whether three parts of a GAN can play together, found out before training."""

from typing import Any

from torch import nn

from zoo_core.contract.errors import UsageError
from zoo_core.contract.interfaces import Discriminator, Generator, Loss


def check_fit(generator: Generator, discriminator: Discriminator, loss: Loss[Any]) -> None:
    """Checks that the networks can do what the loss asks of them.

    Raises:
        UsageError: A capability is missing.
    """
    asked: list[tuple[nn.Module, str, type]] = [(generator, "generator", need) for need in loss.generator_needs]
    if discriminator.spec.classes:
        asked += [(discriminator, "discriminator", need) for need in loss.discriminator_needs]
    for network, role, need in asked:
        if not isinstance(network, need):
            raise UsageError(
                f"The loss {type(loss).__name__} asks the {role} for {' and '.join(_missing(network, need))}, which "
                f"{type(network).__name__} does not have. Choose another {role} with `-o {role}=NAME`."
            )


def _missing(network: object, capability: type) -> list[str]:
    methods = [name for name in vars(capability) if not name.startswith("_")]
    return [f"{name}()" for name in methods if not hasattr(network, name)]
