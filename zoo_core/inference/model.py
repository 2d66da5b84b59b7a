"""Trained networks that stand ready, wherever they were read from."""

from dataclasses import dataclass

import torch
from torch import nn

from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.gan import Discriminator, Generator
from zoo_core.training.device import choose_memory_format


@dataclass(frozen=True)
class Model:
    """Trained networks in evaluation mode, with what one has to know to use them.

    Attributes:
        generator: Fills holes, if it is an `Inpainter`.
        discriminator: Tells classes, if it is a `Classifier` built with classes.
        classes: Names of the classes it was trained with; empty where there are none.
        temperature: What class logits are divided by to make probabilities of them, fitted on validation images; None
            where nothing was measured.
        device: Where the networks are.
        origin: What it was read from, in words.
        remarks: What a user should know, such as another version of a plugin.
    """

    generator: Generator
    discriminator: Discriminator
    classes: tuple[str, ...]
    temperature: float | None
    device: torch.device
    origin: str
    remarks: tuple[str, ...] = ()

    @property
    def spec(self) -> ImageSpec:
        """The images that the networks were built for."""
        return self.discriminator.spec


def prepare_for_inference(network: nn.Module, device: torch.device) -> None:
    """Puts a network on a device and into evaluation mode, its weights as in training."""
    network.to(device).to(memory_format=choose_memory_format(device)).eval()
