"""Checks before training that a generator, a discriminator, a loss and the settings fit each other."""

from typing import Any

from torch import nn

from registry import UsageError
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.renamed import refuse_old_attributes
from zoo_core.interfaces.settings import TrainSettings


def check_compatibility(
    generator: Generator, discriminator: Discriminator, loss: Loss[Any], settings: TrainSettings
) -> None:
    """Checks that both networks have the capabilities that the loss needs, and that the settings suit the loss.

    Raises:
        UsageError: A capability, labels or a setting is missing.
        ZooError: A component sets an attribute under a name of plugin API 1.
    """
    for component in (generator, discriminator, loss):
        refuse_old_attributes(component)
    _check_settings(loss, settings, has_labels=bool(discriminator.spec.classes))
    _check_capabilities(generator, "generator", loss, loss.generator_needs)
    if discriminator.spec.classes:
        _check_capabilities(discriminator, "discriminator", loss, loss.discriminator_needs)


def _check_settings(loss: Loss[Any], settings: TrainSettings, has_labels: bool) -> None:
    name = type(loss).__name__
    if loss.needs_labels and not has_labels:
        raise UsageError(
            f"The loss {name} needs labels, and this run has none. Write `--labels N`, or use a folder with a "
            "sub-folder for each class."
        )
    if settings.compile and loss.needs_double_backward:
        raise UsageError(
            f"The loss {name} has a gradient penalty, which torch.compile does not support. Write "
            "`-o train.compile=false`."
        )
    if loss.needs_ema_teacher and not settings.ema_decay:
        raise UsageError(f"The loss {name} needs EMA weights. Write `-o train.ema_decay=0.99`.")
    if settings.finetune_steps and not (loss.has_supervised_step and has_labels):
        reason = "this run has no labels" if loss.has_supervised_step else f"the loss {name} has no supervised terms"
        raise UsageError(f"Fine-tuning is not possible: {reason}. Write `-o train.finetune_steps=0`.")


def _check_capabilities(network: nn.Module, role: str, loss: Loss[Any], capabilities: tuple[type, ...]) -> None:
    for capability in capabilities:
        if not isinstance(network, capability):
            methods = [name for name in vars(capability) if not name.startswith("_")]
            missing = " and ".join(f"{method}()" for method in methods if not hasattr(network, method))
            raise UsageError(
                f"The loss {type(loss).__name__} needs a {role} with {missing}, which {type(network).__name__} does "
                f"not have. Choose another {role} with `-o {role}=NAME`."
            )
