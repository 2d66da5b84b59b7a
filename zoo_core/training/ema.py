"""Exponential moving averages (EMA) of weights: steadier than the weights, and the teacher for pseudo-labels."""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from zoo_core.interfaces.gan import Discriminator, Generator


class EMA:
    """Moving averages of both networks' weights, in evaluation mode; buffers are copied from the networks.

    Args:
        decay: Fraction of the old average that each update keeps; 0 keeps no averages. The first updates keep less,
            (1 + n) / (10 + n) after n updates, so that the initial weights are soon forgotten.

    Attributes:
        generator: The averaged generator, or the generator itself if no averages are kept.
        discriminator: The same for the discriminator.
        weights: Which weights both have: "ema" or "raw".
    """

    def __init__(self, generator: Generator, discriminator: Discriminator, decay: float) -> None:
        self.decay = decay
        self._sources: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
        self._averages = {
            name: AveragedModel(network, multi_avg_fn=self._interpolate).eval()
            for name, network in self._sources.items()
            if decay
        }
        self.generator = cast(Generator, self._averages["generator"].module) if decay else generator
        self.discriminator = cast(Discriminator, self._averages["discriminator"].module) if decay else discriminator
        self.weights = "ema" if decay else "raw"

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The averages by name, for checkpoints; empty if none are kept."""
        return {f"{name}.ema": average for name, average in self._averages.items()}

    def update(self) -> None:
        """Updates the averages after a step."""
        for name, average in self._averages.items():
            average.update_parameters(self._sources[name])

    def _interpolate(self, averages: Any, weights: Any, updates: Tensor | int) -> None:
        kept = min(self.decay, (1 + int(updates)) / (10 + int(updates)))
        torch._foreach_lerp_(list(averages), list(weights), 1 - kept)
