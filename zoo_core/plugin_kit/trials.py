"""Networks built for several kinds of data, and what they make."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from registry import Component, UsageError
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.capabilities import ClassSampler, Inpainter, Sampler, Translator
from zoo_core.interfaces.gan import Discriminator, Loss
from zoo_core.interfaces.randomness import StepRandom

SPECS = (ImageSpec(3, 32, 32, 2), ImageSpec(1, 64, 64, 0), ImageSpec(1, 32, 32, 10))
COUNT = 4


class ContractError(AssertionError):
    """A component does not keep the contract; the message says what to change."""


def require(met: bool, change: str) -> None:
    """Raises a `ContractError` that says what to change, unless the demand is met."""
    if not met:
        raise ContractError(change)


def build_networks(component: Component) -> Iterator[tuple[ImageSpec, Any]]:
    """The network for each kind of data that it takes; it may refuse some with a `UsageError`."""
    taken = 0
    for spec in SPECS:
        try:
            network = component.load()(spec)
        except UsageError:
            continue
        taken += 1
        yield spec, network
    sizes = " or ".join(str(spec) for spec in SPECS)
    require(taken > 0, f"Let {component.target} be built for one of {sizes}; it refused all.")


def collect_outputs(network: nn.Module, spec: ImageSpec) -> Iterator[Tensor]:
    """Everything that a network can make of four images."""
    x, labels = make_images(spec), torch.arange(COUNT) % max(spec.classes, 1)
    if isinstance(network, Inpainter):
        yield network.inpaint(x, torch.ones(COUNT, 1, spec.height, spec.width))
    if isinstance(network, Sampler):
        yield network.sample(COUNT, StepRandom(0, 0, "check"))
    if isinstance(network, ClassSampler):
        yield network.sample_classes(labels, StepRandom(0, 0, "check"))
    if isinstance(network, Translator):
        yield network.translate(x, labels)
    if isinstance(network, Discriminator):
        logits = network(x)
        yield from (part for part in (logits.validity, logits.classes) if part is not None)


def make_images(spec: ImageSpec) -> Tensor:
    """Four images of noise, (4, C, H, W) in [-1, 1]."""
    return StepRandom(0, 0, "images").uniform(COUNT, spec.channels, spec.height, spec.width) * 2 - 1


def make_labels(spec: ImageSpec, loss: Loss[Any]) -> Iterator[Tensor]:
    """Batches' labels: all known class by class, then some, then none; none are asked of a game between classes."""
    classes = torch.arange(COUNT) * max(spec.classes, 1) // COUNT
    if spec.classes:
        yield classes
    if not loss.class_balanced:
        if spec.classes:
            yield torch.where(torch.arange(COUNT) < 2, classes, -1)
        yield torch.full((COUNT,), -1)
