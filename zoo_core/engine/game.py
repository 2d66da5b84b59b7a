"""One iteration of the game between a generator and a discriminator."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from zoo_core.contract.batch import Batch
from zoo_core.contract.errors import ZooError
from zoo_core.contract.interfaces import Discriminator, Fake, Generator, Loss, Term, Terms
from zoo_core.contract.randomness import StepRandom
from zoo_core.contract.settings import TrainSettings
from zoo_core.engine.runtime import Runtime


class Game:
    """Two networks, their optimisers, and the rules by which they learn from each other."""

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: Loss[Any],
        settings: TrainSettings,
        runtime: Runtime,
    ) -> None:
        self.generator = generator.to(runtime.device).to(memory_format=torch.channels_last)
        self.discriminator = discriminator.to(runtime.device).to(memory_format=torch.channels_last)
        self.loss = loss.to(runtime.device)
        self.settings = settings
        self.runtime = runtime
        self.optimizers = {"generator": self._adam(generator), "discriminator": self._adam(discriminator)}

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Everything that has weights or buffers, by name."""
        return {"generator": self.generator, "discriminator": self.discriminator, "loss": self.loss}

    def play(self, step: int, batch_of: Callable[[int], Batch]) -> dict[str, Tensor]:
        """Plays one iteration: discriminator steps, then a generator step.

        Args:
            step: Which iteration, from 0.
            batch_of: Gives the batch with a number; each discriminator step uses one.

        Returns:
            The value of every term, as "discriminator/adv"; still on the device.
        """
        rounds = self.loss.discriminator_steps
        random = StepRandom(self.settings.seed, step, "game", self.runtime.device)
        torch.manual_seed(random.entropy)
        for turn in range(rounds):
            batch = batch_of(step * rounds + turn)
            with self.runtime.autocast(), torch.set_grad_enabled(turn == rounds - 1):
                fake = self.loss.generate(self.generator, batch, random)
            self._check_made(fake, batch)
            with self.runtime.autocast(not self.loss.needs_double_backward):
                terms = self.loss.discriminator_terms(self.discriminator, batch, fake.detach(), random)
            values = self._learn("discriminator", terms)
        with frozen(self.discriminator), self.runtime.autocast():
            terms = self.loss.generator_terms(self.discriminator, batch, fake, random)
        return values | self._learn("generator", terms)

    def _check_made(self, fake: Fake, batch: Batch) -> None:
        made, real = tuple(fake.images.shape[1:]), tuple(batch.images.shape[1:])
        if made != real:
            raise ZooError(
                f"{type(self.loss).__name__} got images of shape {made} from {type(self.generator).__name__}, but the "
                f"data's are {real}. `zoo check-plugin NAME` says what to change."
            )

    def _learn(self, player: str, terms: Terms) -> dict[str, Tensor]:
        """Steps one network down the weighted sum of its terms; one without terms stays as it is."""
        if not isinstance(terms, Mapping) or not all(isinstance(term, Term) for term in terms.values()):
            raise ZooError(
                f"{type(self.loss).__name__}.{player}_terms() has to return a dict of zoo_core.Term by name, "
                f"not {type(terms).__name__}{' of other things' if isinstance(terms, Mapping) else ''}."
            )
        if terms:
            optimizer = self.optimizers[player]
            optimizer.zero_grad(set_to_none=True)
            total = torch.stack([term.weight * term.value.float() for term in terms.values()]).sum()
            torch.autograd.backward(total)
            optimizer.step()
        return {f"{player}/{name}": term.value.detach() for name, term in terms.items()}

    def _adam(self, network: nn.Module) -> Optimizer:
        betas = (self.settings.beta1, self.settings.beta2)
        return Adam(network.parameters(), lr=self.settings.lr, betas=betas)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Lets gradients pass through a network without collecting them in its weights."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
