"""What is said before a run begins."""

from collections.abc import Iterator

from torch import nn

from zoo_core.engine.trainer import Trainer
from zoo_core.face.compose import Composition


def announcement(trainer: Trainer, composition: Composition) -> Iterator[str]:
    """Yields lines that say what is trained, on which images, on which device and why, and where results go."""
    game, data = trainer.game, trainer.data
    names = {section: component.name for section, component in composition.components.items()}
    yield (
        f"{composition.recipe}: {names['generator']} ({_millions(game.generator)}) against {names['discriminator']} "
        f"({_millions(game.discriminator)}) by {names['loss']}"
    )
    yield f"Data: {data.in_words()}, {data.spec.height}x{data.spec.width}"
    yield from data.images.remarks
    if not data.images.classes:
        yield "These images have no labels: the class term is left out."
    elif not data.split.labelled:
        yield "No labels are used: the class term is left out."
    yield f"Device: {trainer.runtime.device} ({trainer.runtime.reason})"
    yield f"Run: {trainer.directory.path}"


def _millions(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()) / 1e6:.2f} M parameters"
