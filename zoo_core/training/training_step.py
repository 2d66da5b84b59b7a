"""One iteration of the game between a generator and a discriminator."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adagrad, Adam, Optimizer

from registry import ZooError
from zoo_core.interfaces.batch import Batch
from zoo_core.interfaces.gan import Discriminator, Fake, Generator, Loss, Term, Terms
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.settings import TrainSettings
from zoo_core.training.device import Runtime, memory_format
from zoo_core.training.ema import Averages
from zoo_core.training.process_group import Ranks

N = TypeVar("N", bound=nn.Module)


class Game:
    """Two networks, their optimisers, and the rules by which they learn from each other.

    Where several processes play it together, each has its share of every batch, and gradients are averaged after each
    backward pass, explicitly: wrappers that do it on the way break where a network is called twice, and where gradients
    have gradients.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: Loss[Any],
        settings: TrainSettings,
        runtime: Runtime,
    ) -> None:
        self.ranks = Ranks.here()
        self.generator = self._placed(generator, runtime)
        self.discriminator = self._placed(discriminator, runtime)
        self.loss = loss.to(runtime.device)
        self.settings = settings
        self.runtime = runtime
        self.rate = 1.0  # by which learning rates are multiplied; less after a retry
        if settings.compiled:
            self.generator.compile()
            self.discriminator.compile()
        self.averages = Averages(self.generator, self.discriminator, settings.average)
        self.optimizers = {name: self._adam(network) for name, network in self._players.items()}
        if settings.finetune_steps:
            self.optimizers["finetune"] = Adagrad(self.discriminator.parameters(), lr=settings.finetune_lr)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Everything that has weights or buffers, by name."""
        return self._players | {"loss": self.loss} | self.averages.networks

    @property
    def _players(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self.discriminator}

    def play(self, step: int, batch_of: Callable[[int], Batch]) -> dict[str, Tensor]:
        """Plays one iteration: discriminator steps, a generator step, a supervised step where the loss has one.

        Args:
            step: Which iteration, from 0.
            batch_of: Gives the batch with a number; each discriminator step uses one.

        Returns:
            The value of every term, as "discriminator/adv"; still on the device.
        """
        rounds = self.loss.discriminator_steps
        random = self._random(step)
        self._set_rate(step)
        for turn in range(rounds):
            batch = self._taught(batch_of(step * rounds + turn), random)
            with self.runtime.autocast(), torch.set_grad_enabled(turn == rounds - 1):
                fake = self.loss.generate(self.generator, batch, random)
            self._check_made(fake, batch)
            with self.runtime.autocast(not self.loss.needs_double_backward):
                terms = self.loss.discriminator_terms(self.discriminator, batch, fake.detach(), random)
            values = self._learn("discriminator", terms)
        with frozen(self.discriminator), self.runtime.autocast():
            terms = self.loss.generator_terms(self.discriminator, batch, fake, random)
        values |= self._learn("generator", terms)
        if self.loss.supervised and self.discriminator.spec.classes:
            values |= self._supervise("discriminator", batch, random)
        self.averages.update()
        return values

    def finetune(self, step: int, batch_of: Callable[[int], Batch]) -> dict[str, Tensor]:
        """Plays one step of the second stage: the discriminator alone, on labelled images.

        Args:
            step: Counted on from the first stage.
            batch_of: Gives the batch with a number.

        Returns:
            The value of every term, as "discriminator/aux"; still on the device.
        """
        self._set_rate(step)
        batch = batch_of(step * self.loss.discriminator_steps)
        values = self._supervise("finetune", batch, self._random(step))
        self.averages.update()
        return values

    def _random(self, step: int) -> StepRandom:
        """This step's random numbers; torch's own, as for dropout, begin anew from them too."""
        random = StepRandom(self.settings.seed, step, "game", self.runtime.device, self.ranks.place)
        torch.manual_seed(random.entropy)
        return random

    def _set_rate(self, step: int) -> None:
        """Sets the learning rates; cosine as in Loshchilov and Hutter 2017, without restarts."""
        share = (1 + math.cos(math.pi * step / self.settings.steps)) / 2 if self.settings.schedule == "cosine" else 1.0
        for name, optimizer in self.optimizers.items():
            full = self.settings.finetune_lr if name == "finetune" else self.settings.lr * share
            for group in optimizer.param_groups:
                group["lr"] = full * self.rate

    @torch.no_grad()
    def _taught(self, batch: Batch, random: StepRandom) -> Batch:
        if not self.loss.needs_teacher:
            return batch
        with self.runtime.autocast():
            return self.loss.taught(batch, self.averages.discriminator, random)

    def _supervise(self, optimizer: str, batch: Batch, random: StepRandom) -> dict[str, Tensor]:
        known = batch.labelled()
        if not len(known):
            return {}
        with self.runtime.autocast():
            terms = self.loss.supervised_terms(self.discriminator, known, random)
        return self._learn("discriminator", terms, optimizer)

    def _check_made(self, fake: Fake, batch: Batch) -> None:
        made, real = tuple(fake.images.shape[1:]), tuple(batch.images.shape[1:])
        if made != real:
            raise ZooError(
                f"{type(self.loss).__name__} got images of shape {made} from {type(self.generator).__name__}, but the "
                f"data's are {real}. `zoo check-plugin NAME` says what to change."
            )

    def _learn(self, player: str, terms: Terms, by: str | None = None) -> dict[str, Tensor]:
        """Steps one network down the weighted sum of its terms; one without terms stays as it is."""
        if not isinstance(terms, Mapping) or not all(isinstance(term, Term) for term in terms.values()):
            raise ZooError(
                f"{type(self.loss).__name__}.{player}_terms() has to return a dict of zoo_core.Term by name, "
                f"not {type(terms).__name__}{' of other things' if isinstance(terms, Mapping) else ''}."
            )
        if terms:
            optimizer = self.optimizers[by or player]
            optimizer.zero_grad(set_to_none=True)
            total = torch.stack([term.weight * term.value.float() for term in terms.values()]).sum()
            torch.autograd.backward(total)
            self.ranks.average(
                [weight.grad for weight in self._players[player].parameters() if weight.grad is not None]
            )
            optimizer.step()
        return {f"{player}/{name}": term.value.detach() for name, term in terms.items()}

    def _adam(self, network: nn.Module) -> Optimizer:
        betas = (self.settings.beta1, self.settings.beta2)
        return Adam(network.parameters(), lr=self.settings.lr, betas=betas, fused=True)

    def _placed(self, network: N, runtime: Runtime) -> N:
        """A network on the device; BatchNorm there sees the images of all processes, where the device can do that."""
        if self.ranks.several and runtime.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return network.to(runtime.device).to(memory_format=memory_format(runtime.device))


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
