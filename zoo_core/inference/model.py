"""Trained networks, ready to be used."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.gan import Discriminator, Generator
from zoo_core.training.device import choose_memory_format


@dataclass(frozen=True)
class Model:
    """Trained networks in evaluation mode. `load_model` reads one from a run or an export.

    Attributes:
        generator: Fills holes if it is an `Inpainter`.
        discriminator: Predicts classes if it is a `Classifier` that was built with classes.
        classes: Names of the classes it was trained with; empty if there are none.
        temperature: Divides class logits to calibrate probabilities, fitted on validation images; None if it was not
            fitted.
        device: Where the networks are.
        origin: Where the model was read from, for messages.
        notes: What the user should know, such as a changed version of a plugin.

    Examples:
        Networks that were trained in Python fill holes too:

        >>> import torch
        >>> from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder
        >>> from PIL import Image
        >>> from zoo_core import ImageSpec, Model, inpaint, make_box_mask
        >>> spec = ImageSpec(channels=3, height=32, width=32)
        >>> networks = MaskedAutoencoder(spec, width=2).eval(), DualHeadPatchGAN(spec, width=2).eval()
        >>> model = Model(*networks, classes=(), temperature=None, device=torch.device("cpu"), origin="an example")
        >>> photo = Image.new("RGB", (90, 60))
        >>> inpaint(model, photo, make_box_mask(photo, (10, 20, 8, 8))).descriptions
        ('a hole of 8x8 pixels at 10,20, filled in one window of 32x32 pixels',)
    """

    generator: Generator
    discriminator: Discriminator
    classes: tuple[str, ...]
    temperature: float | None
    device: torch.device
    origin: str
    notes: tuple[str, ...] = ()

    @property
    def spec(self) -> ImageSpec:
        """The images that the networks were built for."""
        return self.discriminator.spec


def prepare_for_inference(network: nn.Module, device: torch.device) -> None:
    """Moves a network to a device, in the same memory format as in training, and puts it into evaluation mode."""
    network.to(device).to(memory_format=choose_memory_format(device)).eval()


def describe_missing_calibration(classes: Sequence[str], temperature: float | None, step: int) -> tuple[str, ...]:
    """A sentence if there are classes but their probabilities are not calibrated."""
    if not classes or temperature is not None:
        return ()
    return (f"Step {step} was not evaluated during training, so probabilities are not calibrated.",)
