"""Trains any generator, discriminator and loss that fit each other."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.augmentation import augmented
from zoo_core.data.prefetcher import ReadAhead
from zoo_core.data.sampler import BatchOrder, ClassBalancedOrder, Order, check_shares
from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import as_floats, evaluate
from zoo_core.evaluation.sample_grid import SHOWN, made_images, sample_grid
from zoo_core.interfaces.batch import Batch
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.hookspecs import Observer
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.settings import TrainSettings
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.compatibility import check_fit
from zoo_core.training.device import Runtime, sent
from zoo_core.training.final_evaluation import conclude
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.run_logger import FollowingJournal, Journal, newest_score
from zoo_core.training.stability import DivergedError, WonGame, check_state, finite_terms, sameness_warning
from zoo_core.training.stopping import StoppedError
from zoo_core.training.training_step import Game


class Trainer:
    """Plays the game step by step, and has a journal write down what comes of it.

    Where several processes train together (under torchrun), each has a trainer, and its share of every batch. The first
    one measures and writes; the others are where it is.

    Its only state are `step` and `retries`; everything else is a function of them or owns its own state.

    Args:
        generator: Built for `data.spec`.
        discriminator: Built for `data.spec`.
        loss: The rules of the game.
        data: Training images with a label budget.
        settings: How to train.
        run_dir: Folder for results; a run that is in it with the same settings goes on.
        description: What run.json should say beyond `settings`, such as where the components come from.
        observers: Told of every event.

    Raises:
        UsageError: The parts do not fit each other, the batch is larger than the data, or `run_dir` holds another run.
        ZooError: The device is not there.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: Loss[Any],
        data: TrainingData,
        settings: TrainSettings,
        run_dir: Path | str,
        description: Mapping[str, Any] | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        check_fit(generator, discriminator, loss, settings)
        self.runtime = Runtime.choose(settings.device, settings.precision)
        self.game = Game(generator, discriminator, loss, settings, self.runtime)
        self.ranks = self.game.ranks
        self.order = self._order(data, loss, settings)
        check_shares(self.order, self.ranks.place)
        self.data = data
        self.read = ReadAhead(self._read) if data.images.decoded_when_read else self._read
        self.settings = settings
        self.directory = RunDirectory(run_dir)
        checkpoints = Checkpoints(self.directory.checkpoints, self.game.networks, self.game.optimizers)
        books = Journal if self.ranks.first else FollowingJournal
        self.journal = books(self.directory, checkpoints, self.ranks, observers)
        self.won_game = WonGame()
        self.step = 0
        self.retries = 0
        self.run = {"settings": {"train": settings.model_dump()}, **(description or {})}
        self.run |= {"device": str(self.runtime.device), "device_reason": self.runtime.reason, "data": data.in_words()}
        self.run |= {"images": data.fingerprint, "processes": self.ranks.place.count}

    def train(self, stop: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Trains through both stages, going on from the newest checkpoint; returns what summary.json holds.

        Args:
            stop: Asked after every step whether to save and end there; a `Stop` listens to signals and the clock.

        Raises:
            StoppedError: The run ended early because `stop` said so.
            DivergedError: A number is no longer finite, and all retries are used up; what was saved before stays.
            UsageError: Another process trains in the run's folder, or it holds something else.
            ZooError: Something cannot be written; what was saved before stays.
        """
        began = perf_counter()
        with self.journal.locked():
            first = self._begin()
            while self.step < self.total_steps:
                try:
                    self._advance(stop)
                except DivergedError as error:
                    self._go_back(error)
            if self.ranks.first:
                conclude(self.game, self.data, self.directory, self.step)
            took = {"first_step": first, "seconds": round(perf_counter() - began, 1)}
            return self.journal.close(self.step, took)

    @property
    def total_steps(self) -> int:
        """Steps of both stages."""
        return self.settings.steps + self.settings.finetune_steps

    def batch(self, number: int) -> Batch:
        """This process's share of the training batch with this number, augmented, on the device."""
        pixels, labels = self.read(number)
        rows = torch.nonzero(labels >= 0).flatten()
        images = as_floats(pixels, self.runtime.device)
        shift = round(self.settings.shift * images.shape[-1])
        random = StepRandom(self.settings.seed, number, "augmentation", self.runtime.device, self.ranks.place)
        moved = augmented(images, random, shift, self.mirror) if shift or self.mirror else images
        return Batch(moved, *(sent(part, self.runtime.device) for part in (labels, rows)))

    @property
    def mirror(self) -> bool:
        """Whether training images are mirrored at random."""
        return self.data.images.mirror if self.settings.mirror is None else self.settings.mirror

    @cached_property
    def shown(self) -> Batch:
        """The held-out images of the sample grids, with their classes: from all over, since folders come by class."""
        held_out = self.data.validation()
        count = min(SHOWN, len(held_out))
        chosen = torch.arange(count) * len(held_out) // count
        images = as_floats(held_out.pixels.read(chosen), self.runtime.device)
        return Batch(images, held_out.labels[chosen].to(self.runtime.device))

    def _read(self, number: int) -> tuple[Tensor, Tensor]:
        return self.data.train(self.ranks.place.rows(self.order.indices(number)))

    @staticmethod
    def _order(data: TrainingData, loss: Loss[Any], settings: TrainSettings) -> Order:
        if loss.class_balanced:
            return ClassBalancedOrder(data.split, data.labels, settings.batch_size, settings.seed)
        return BatchOrder(data.split, settings.batch_size, settings.labelled_share, settings.seed)

    def _begin(self) -> int:
        """Opens the journal, and saves the initial weights of a new run; returns the first step."""
        self._set(self.journal.open(self.run, self.data.split.as_dict(), self.data.images.skipped))
        self.ranks.make_alike(self.game.networks)
        for line in self.journal.metrics.lines():
            self.won_game.seen(line)
        if not self.journal.checkpoints.all():
            self._save(None)
        return self.step

    def _advance(self, stop: Callable[[], bool]) -> None:
        """One step, and whatever is due after it: a line in the log, a measurement, a checkpoint, the end."""
        play = self.game.play if self.step < self.settings.steps else self.game.finetune
        terms = play(self.step, self.batch)
        self.step += 1
        last, settings = self.step == self.total_steps, self.settings
        stopped = not last and self.ranks.any(stop())
        log, measure = (last or self.step % every == 0 for every in (settings.log_every, settings.evaluate_every))
        save = last or stopped or self.step % settings.checkpoint_every == 0
        if log or measure or save:
            self.ranks.average_buffers(self.game.networks)
            values = finite_terms(self.step, self.ranks.means(terms))
            check_state(self.step, self.game.networks, self.game.optimizers)
        if log:
            self.journal.log(self.step, values)
            self.journal.warn(self.step, self.won_game.seen(values))
        score = self._measure() if measure and self.ranks.first else None
        if save:
            self._save(score)
        if stopped:
            raise StoppedError(f"Stopped at step {self.step}, which is saved in {self.directory.checkpoints}.")

    def _measure(self) -> float | None:
        """Measures on the validation images and shows what is made of them; returns the run's score."""
        generator, discriminator = self.game.averages.generator, self.game.averages.discriminator
        held_out, device = self.data.validation(), self.runtime.device
        result = evaluate(generator, discriminator, self.game.loss, held_out, device, temperature="fitted")
        numbers = {name: value for name, value in result.items() if isinstance(value, int | float)}
        made = made_images(generator, self.game.loss, self.shown.images, self.shown.labels)
        picture = None if made is None else sample_grid(made)
        self.journal.log(self.step, {f"validation/{name}": value for name, value in numbers.items()}, picture)
        self.journal.warn(self.step, None if made is None else sameness_warning(made.new))
        return newest_score(numbers)

    def _save(self, score: float | None) -> None:
        self.journal.save(State(self.step, self.retries, score), self.run, self.settings.keep)

    def _go_back(self, error: DivergedError) -> None:
        """Returns to the last checkpoint and halves the learning rate, unless that was done often enough.

        A run that is killed meanwhile goes on from that checkpoint, diverges at the same step, and comes here again.
        """
        diverged, tries = self.step, self.retries + 1
        if tries > self.settings.retries:
            raise DivergedError(
                f"{error} Gave up after {self.settings.retries} retries. The checkpoints in "
                f"{self.directory.checkpoints} are from before. Try a lower `--lr` in a new `--run-dir`."
            ) from error
        state = self.journal.go_back()
        self._set(State(state.step, tries))
        self.journal.warn(
            diverged,
            f"{error} Going back to step {self.step}, from there on with {self.game.rate:g} times the learning rate "
            f"(retry {tries} of {self.settings.retries}).",
        )

    def _set(self, state: State) -> None:
        self.step, self.retries = state.step, state.retries
        self.game.rate = 0.5**state.retries
