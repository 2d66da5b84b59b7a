"""Notices numbers that are no longer finite, before they are written anywhere."""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from registry import ZooError


class DivergedError(ZooError):
    """A term, a weight or a moment of an optimiser is no finite number any more."""


def check_finite_terms(step: int, terms: Mapping[str, Tensor]) -> dict[str, float]:
    """The terms of a step as plain numbers.

    Raises:
        DivergedError: One is infinite or no number; it is named.
    """
    values = {name: value.item() for name, value in terms.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise DivergedError(f"Training diverged: {name} is {value} at step {step}.")
    return values


def check_finite_state(step: int, networks: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> None:
    """Checks everything that a checkpoint would hold.

    Raises:
        DivergedError: A weight, buffer or moment is infinite or no number; the first is named.
    """
    tensors = dict(_floating(networks, optimizers))
    if torch.nn.utils.get_total_norm(list(tensors.values())).isfinite():
        return
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise DivergedError(f"Training diverged: {name} holds numbers that are not finite at step {step}.")


def _floating(networks: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> Iterator[tuple[str, Tensor]]:
    for player, network in networks.items():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                yield f"{player}'s {name}", tensor
    for player, optimizer in optimizers.items():
        for number, moments in enumerate(optimizer.state.values()):
            for name, tensor in moments.items():
                if isinstance(tensor, Tensor) and tensor.is_floating_point():
                    yield f"the {player} optimiser's {name} of weight {number}", tensor


WON = 0.01  # an adversarial loss below this tells real from made with near certainty
LONG = 10  # so many lines of the log
SAME = 1e-3  # of a range of 2; an eighth of a step of 8-bit pixels


class SaturationMonitor:
    """Watches the discriminator's adversarial term, which every loss of the zoo calls "adv"."""

    def __init__(self) -> None:
        self.streak = 0

    def update(self, terms: Mapping[str, float]) -> str | None:
        """Takes in a line of the log; returns a warning when the game has just been won for long."""
        if "discriminator/adv" not in terms:
            return None
        self.streak = self.streak + 1 if 0 <= terms["discriminator/adv"] < WON else 0
        if self.streak != LONG:
            return None
        return (
            f"The discriminator tells real from made images almost without error (discriminator/adv below {WON} in "
            f"{LONG} lines of the log): the generator learns little from it. Try a lower `--lr`, or a larger weight of "
            "the other terms."
        )


def detect_mode_collapse(made: Tensor) -> str | None:
    """A warning if a generator makes the same image for different inputs.

    Args:
        made: (N, C, H, W) in [-1, 1], from different inputs; N >= 2.
    """
    if made.float().std(0).mean().item() >= SAME:
        return None
    return (
        "The generator makes the same image whatever it is given: it has collapsed. Try a lower `--lr`, or a larger "
        "weight of the terms other than adv."
    )
