"""Detects runs that fail: numbers that are not finite, a saturated discriminator, mode collapse."""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from registry import ZooError

SATURATION_THRESHOLD = 0.01  # an adversarial loss below it separates real from generated images with near certainty
SATURATION_LINES = 10  # consecutive lines of the log
COLLAPSE_THRESHOLD = 1e-3  # standard deviation of pixel values in [-1, 1]; an eighth of a step of 8-bit pixels


class DivergedError(ZooError):
    """A loss term, a weight or an optimiser's moment is not finite."""


def check_finite_terms(step: int, terms: Mapping[str, Tensor]) -> dict[str, float]:
    """The terms of a step as plain numbers; raises a `DivergedError` that names the first that is not finite."""
    values = {name: value.item() for name, value in terms.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise DivergedError(f"Training diverged: {name} is {value} at step {step}.")
    return values


def check_finite_state(step: int, networks: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]) -> None:
    """Raises a `DivergedError` that names the first weight, buffer or moment that is not finite."""
    tensors = dict(_iterate_tensors(networks, optimizers))
    if torch.nn.utils.get_total_norm(list(tensors.values())).isfinite():
        return
    for name, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise DivergedError(f"Training diverged: {name} contains values that are not finite at step {step}.")


def _iterate_tensors(
    networks: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer]
) -> Iterator[tuple[str, Tensor]]:
    """Yields every floating-point tensor with its name."""
    for role, network in networks.items():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                yield f"{role}'s {name}", tensor
    for role, optimizer in optimizers.items():
        for number, moments in enumerate(optimizer.state.values()):
            for name, tensor in moments.items():
                if isinstance(tensor, Tensor) and tensor.is_floating_point():
                    yield f"the {role} optimiser's {name} of weight {number}", tensor


class SaturationMonitor:
    """Watches the discriminator's adversarial term, which every loss of the zoo calls "adv"."""

    def __init__(self) -> None:
        self.streak = 0

    def update(self, terms: Mapping[str, float]) -> str | None:
        """Takes a line of the log; returns a warning when the discriminator has just become saturated."""
        if "discriminator/adv" not in terms:
            return None
        is_low = 0 <= terms["discriminator/adv"] < SATURATION_THRESHOLD
        self.streak = self.streak + 1 if is_low else 0
        if self.streak != SATURATION_LINES:
            return None
        return (
            "The discriminator is saturated: it separates real from generated images almost without error "
            f"(discriminator/adv was below {SATURATION_THRESHOLD} in {SATURATION_LINES} lines of the log), so the "
            "generator learns little from it. Try a lower `--lr` or a larger weight of the other terms."
        )


def detect_mode_collapse(generated: Tensor) -> str | None:
    """A warning if all generated images are the same.

    Args:
        generated: (N, C, H, W) in [-1, 1], from different inputs; N >= 2.
    """
    if generated.float().std(0).mean().item() >= COLLAPSE_THRESHOLD:
        return None
    return (
        "The generator has collapsed: it generates the same image for every input. Try a lower `--lr` or a larger "
        "weight of the terms other than adv."
    )
