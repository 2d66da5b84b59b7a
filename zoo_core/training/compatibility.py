"""Whether three parts of a GAN can play together as they are asked to, found out before training."""

from typing import Any

from torch import nn

from registry import UsageError
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.settings import TrainSettings


def check_compatibility(
    generator: Generator, discriminator: Discriminator, loss: Loss[Any], settings: TrainSettings
) -> None:
    """Checks that the networks can do what the loss asks of them, and that there is what the settings ask for.

    Raises:
        UsageError: A capability is missing, or what a setting asks for.
    """
    name = type(loss).__name__
    if loss.needs_labels and not discriminator.spec.classes:
        raise UsageError(
            f"The loss {name} learns from labels, and this data grants none. Write `--labels N`, or use images in "
            "sub-folders, one for each class."
        )
    if settings.compile and loss.needs_double_backward:
        raise UsageError(
            f"The loss {name} has a gradient penalty, and torch.compile makes no gradients of gradients. Write "
            "`-o train.compile=false`."
        )
    if loss.needs_ema_teacher and not settings.ema_decay:
        raise UsageError(f"The loss {name} learns from EMA weights. Write `-o train.ema_decay=0.99`.")
    if settings.finetune_steps and not (loss.has_supervised_step and discriminator.spec.classes):
        missing = (
            "this data grants no labels"
            if loss.has_supervised_step
            else f"the loss {name} has none of its own for them"
        )
        raise UsageError(
            f"Fine-tuning needs terms over labelled images, but {missing}. Write `-o train.finetune_steps=0`."
        )
    asked: list[tuple[nn.Module, str, type]] = [(generator, "generator", need) for need in loss.generator_needs]
    if discriminator.spec.classes:
        asked += [(discriminator, "discriminator", need) for need in loss.discriminator_needs]
    for network, role, need in asked:
        if not isinstance(network, need):
            raise UsageError(
                f"The loss {name} asks the {role} for {' and '.join(_missing(network, need))}, which "
                f"{type(network).__name__} does not have. Choose another {role} with `-o {role}=NAME`."
            )


def _missing(network: object, capability: type) -> list[str]:
    methods = [name for name in vars(capability) if not name.startswith("_")]
    return [f"{name}()" for name in methods if not hasattr(network, name)]
