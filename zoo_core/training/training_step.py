"""One iteration of training: discriminator steps, a generator step and, if the loss has one, a supervised step."""

import math
from collections.abc import Iterable, Iterator, Mapping
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
from zoo_core.training.device import Runtime, choose_memory_format
from zoo_core.training.ema import EMA
from zoo_core.training.process_group import ProcessGroup

N = TypeVar("N", bound=nn.Module)
Values = dict[str, Tensor]


class GANTrainingStep:
    """Two networks, their optimisers and the loss that trains them against each other.

    With several processes, each computes its part of every batch, and gradients are averaged explicitly after each
    backward pass. A DistributedDataParallel wrapper would break where a network is called twice before one backward
    pass, and where a gradient penalty needs gradients of gradients.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: Loss[Any],
        settings: TrainSettings,
        runtime: Runtime,
    ) -> None:
        self.process_group = ProcessGroup.current()
        self.generator = self._move(generator, runtime)
        self.discriminator = self._move(discriminator, runtime)
        self.loss = loss.to(runtime.device)
        self.settings = settings
        self.runtime = runtime
        self.learning_rate_factor = 1.0  # smaller after a retry
        if settings.compile:
            self.generator.compile()
            self.discriminator.compile()
        self.ema = EMA(self.generator, self.discriminator, settings.ema_decay)
        self.optimizers = {name: self._build_adam(network) for name, network in self._trained_networks.items()}
        if settings.finetune_steps:
            self.optimizers["finetune"] = Adagrad(self.discriminator.parameters(), lr=settings.finetune_lr)

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Everything that has weights or buffers, by name."""
        return self._trained_networks | {"loss": self.loss} | self.ema.networks

    @property
    def _trained_networks(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self.discriminator}

    def train(self, step: int, batches: Iterable[Batch]) -> Values:
        """Trains both networks for one iteration.

        Args:
            step: Number of the iteration, from 0.
            batches: One for each discriminator step; the generator step uses the last one, with the same fake.

        Returns:
            The value of every term, such as "discriminator/adv"; still on the device.
        """
        random = self._start(step)
        for number, loaded in enumerate(batches, start=1):
            batch = self.add_pseudo_labels(loaded, random)
            with torch.set_grad_enabled(number == self.loss.discriminator_steps):  # only the last fake needs a graph
                fake = self.generate(batch, random)
            values = self.discriminator_step(batch, fake, random)
        values |= self.generator_step(batch, fake, random)
        if self.loss.has_supervised_step and self.discriminator.spec.classes:
            values |= self.supervised_step(batch, random, self.optimizers["discriminator"])
        self.ema.update()
        return values

    def finetune(self, step: int, batch: Batch) -> Values:
        """Trains the discriminator for one step of the second stage; the numbers continue those of the first stage."""
        random = self._start(step)
        values = self.supervised_step(batch, random, self.optimizers["finetune"])
        self.ema.update()
        return values

    @torch.no_grad()
    def add_pseudo_labels(self, batch: Batch, random: StepRandom) -> Batch:
        """The batch with pseudo-labels of the EMA discriminator, if the loss learns from them."""
        if not self.loss.needs_ema_teacher:
            return batch
        with self.runtime.autocast():
            return self.loss.add_pseudo_labels(batch, self.ema.discriminator, random)

    def generate(self, batch: Batch, random: StepRandom) -> Fake:
        """Runs the generator.

        Raises:
            ZooError: The generated images differ from the data's in shape.
        """
        with self.runtime.autocast():
            fake: Fake = self.loss.generate(self.generator, batch, random)
        generated, real = tuple(fake.images.shape[1:]), tuple(batch.images.shape[1:])
        if generated != real:
            raise ZooError(
                f"{type(self.loss).__name__} received images of shape {generated} from "
                f"{type(self.generator).__name__}; the data has {real}. `zoo check-plugin NAME` says what to change."
            )
        return fake

    def discriminator_step(self, batch: Batch, fake: Fake, random: StepRandom) -> Values:
        """Updates the discriminator on real and generated images."""
        with self.runtime.autocast(not self.loss.needs_double_backward):
            terms = self.loss.discriminator_terms(self.discriminator, batch, fake.detach(), random)
        return self._update("discriminator", terms, self.optimizers["discriminator"])

    def generator_step(self, batch: Batch, fake: Fake, random: StepRandom) -> Values:
        """Updates the generator through the discriminator, whose weights collect no gradients meanwhile."""
        with freeze(self.discriminator), self.runtime.autocast():
            terms = self.loss.generator_terms(self.discriminator, batch, fake, random)
        return self._update("generator", terms, self.optimizers["generator"])

    def supervised_step(self, batch: Batch, random: StepRandom, optimizer: Optimizer) -> Values:
        """Updates the discriminator on the labelled images of a batch, if there are any."""
        labelled = batch.select_labelled()
        if not len(labelled):
            return {}
        with self.runtime.autocast():
            terms = self.loss.supervised_terms(self.discriminator, labelled, random)
        return self._update("discriminator", terms, optimizer)

    def _start(self, step: int) -> StepRandom:
        """Sets the learning rates, seeds torch's global generator (for dropout) and returns the step's generator."""
        self._set_learning_rates(step)
        random = StepRandom(self.settings.seed, step, "game", self.runtime.device, self.process_group.rank_info)
        torch.manual_seed(random.entropy)
        return random

    def _set_learning_rates(self, step: int) -> None:
        """Applies the schedule; cosine as in Loshchilov and Hutter 2017, without restarts."""
        cosine = (1 + math.cos(math.pi * step / self.settings.steps)) / 2
        scale = cosine if self.settings.schedule == "cosine" else 1.0
        for name, optimizer in self.optimizers.items():
            rate = self.settings.finetune_lr if name == "finetune" else self.settings.lr * scale
            for group in optimizer.param_groups:
                group["lr"] = rate * self.learning_rate_factor

    def _update(self, role: str, terms: Terms, optimizer: Optimizer) -> Values:
        """Minimises the weighted sum of the terms by one optimiser step; without terms nothing changes."""
        if not isinstance(terms, Mapping) or not all(isinstance(term, Term) for term in terms.values()):
            content = " of other values" if isinstance(terms, Mapping) else ""
            raise ZooError(
                f"{type(self.loss).__name__}.{role}_terms() must return a dict of zoo_core.Term by name, "
                f"not {type(terms).__name__}{content}."
            )
        if terms:
            optimizer.zero_grad(set_to_none=True)
            total = torch.stack([term.weight * term.value.float() for term in terms.values()]).sum()
            torch.autograd.backward(total)
            gradients = [weight.grad for weight in self._trained_networks[role].parameters() if weight.grad is not None]
            self.process_group.all_reduce_mean(gradients)
            optimizer.step()
        return {f"{role}/{name}": term.value.detach() for name, term in terms.items()}

    def _build_adam(self, network: nn.Module) -> Optimizer:
        betas = (self.settings.beta1, self.settings.beta2)
        return Adam(network.parameters(), lr=self.settings.lr, betas=betas, fused=True)

    def _move(self, network: N, runtime: Runtime) -> N:
        """Moves a network to the device; on CUDA its BatchNorm is synchronised between processes."""
        if self.process_group.is_distributed and runtime.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return network.to(runtime.device).to(memory_format=choose_memory_format(runtime.device))


@contextmanager
def freeze(network: nn.Module) -> Iterator[None]:
    """Lets gradients pass through a network without collecting them in its weights."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)
