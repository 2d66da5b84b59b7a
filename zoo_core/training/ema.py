"""Running averages of weights: steadier than the weights, and what unlabelled images are judged by."""

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from zoo_core.interfaces.gan import Discriminator, Generator


class Averages:
    """Running averages of both networks' weights, in evaluation mode; buffers are the networks' newest.

    Args:
        generator: Stays as it is.
        discriminator: Stays as it is.
        decay: Share of the old average that stays in each update; 0 keeps no averages. The first updates keep less,
            (1 + n) / (10 + n) after n of them, so that the initial weights are soon forgotten.
    """

    def __init__(self, generator: Generator, discriminator: Discriminator, decay: float) -> None:
        self.decay = decay
        self._sources: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
        self._averaged = {
            name: AveragedModel(network, multi_avg_fn=self._mix).eval() for name, network in self._kept(self._sources)
        }

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The averages by name, for checkpoints; none where none are kept."""
        return {f"{name}.average": averaged for name, averaged in self._averaged.items()}

    @property
    def generator(self) -> Generator:
        """The averaged generator, or the generator itself where no averages are kept."""
        return cast(Generator, self._best("generator"))

    @property
    def discriminator(self) -> Discriminator:
        """The averaged discriminator, or the discriminator itself where no averages are kept."""
        return cast(Discriminator, self._best("discriminator"))

    def update(self) -> None:
        """Takes in the networks' weights after a step."""
        for name, averaged in self._averaged.items():
            averaged.update_parameters(self._sources[name])

    def _kept(self, sources: dict[str, nn.Module]) -> Sequence[tuple[str, nn.Module]]:
        return list(sources.items()) if self.decay else []

    def _best(self, name: str) -> Any:
        return self._averaged[name].module if name in self._averaged else self._sources[name]

    def _mix(self, averages: Any, weights: Any, updates: Tensor | int) -> None:
        share = min(self.decay, (1 + int(updates)) / (10 + int(updates)))
        torch._foreach_lerp_(list(averages), list(weights), 1 - share)
