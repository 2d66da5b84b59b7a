"""What is said before a run begins and after it has ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from zoo_core.engine.trainer import Trainer
from zoo_core.face.compose import Composition
from zoo_core.face.progress import figure

HELD_OUT = "validation/"


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
        yield "These images have no labels: terms over classes are left out."
    elif not data.split.labelled:
        yield "This game uses no labels."
    yield f"Device: {trainer.runtime.device} ({trainer.runtime.reason})"
    if trainer.ranks.several:
        yield from _together(trainer)
    yield f"Run: {trainer.directory.path}"


def outcome(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yields lines that say what was reached, where the pictures are, and what to type next."""
    held_out = {name.removeprefix(HELD_OUT): v for name, v in summary.items() if name.startswith(HELD_OUT)}
    images = held_out.pop("images", 0)
    held_out.pop("temperature", None)
    yield f"Trained {summary['steps']} steps." + (f" On {images} validation images:" if held_out else "")
    for metric, value in held_out.items():
        yield f"  {metric.replace('_', ' '):<18} {figure(metric, value)}"
    yield f"Pictures: {summary['run_dir']}/samples"
    yield f"Next: zoo {'evaluate' if held_out else 'sample'} {summary['run_dir']}"


def _together(trainer: Trainer) -> Iterator[str]:
    """Yields what several processes share, and what they do not."""
    count = trainer.ranks.place.count
    size = trainer.settings.batch_size
    yield f"Processes: {count}, each with {size // count} of the {size} images of a batch"
    layers = [layer for network in trainer.game.networks.values() for layer in network.modules()]
    if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in layers) and not any(
        isinstance(layer, nn.SyncBatchNorm) for layer in layers
    ):
        yield "BatchNorm sees the images of one process: torch synchronises it on CUDA only."


def _millions(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()) / 1e6:.2f} M parameters"
