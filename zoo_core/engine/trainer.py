"""Trains any generator, discriminator and loss that fit each other."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from zoo_core.contract.batch import Batch
from zoo_core.contract.errors import ZooError
from zoo_core.contract.hookspecs import Observer
from zoo_core.contract.interfaces import Discriminator, Generator, Loss
from zoo_core.contract.randomness import StepRandom
from zoo_core.contract.settings import TrainSettings
from zoo_core.engine.checkpoint import Checkpoints
from zoo_core.engine.data.augmentation import augmented
from zoo_core.engine.data.order import BatchOrder, ClassBalancedOrder, Order
from zoo_core.engine.data.training_data import TrainingData
from zoo_core.engine.evaluation import as_floats, evaluate
from zoo_core.engine.fit import check_fit
from zoo_core.engine.game import Game
from zoo_core.engine.metrics_log import MetricsLog
from zoo_core.engine.run_directory import RunDirectory, write_json
from zoo_core.engine.runtime import Runtime
from zoo_core.engine.samples import SHOWN, sample_grid, save_picture
from zoo_core.engine.stopping import StoppedError


class Trainer:
    """Plays the game step by step, and writes down what comes of it.

    Its only state is `step`; everything else is a function of it or owns its own state.

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
        self.order = self._order(data, loss, settings)
        self.game = Game(generator, discriminator, loss, settings, self.runtime)
        self.data = data
        self.settings = settings
        self.directory = RunDirectory(run_dir)
        self.log = MetricsLog(self.directory.metrics_file)
        self.checkpoints = Checkpoints(self.directory.checkpoints, self.game.networks, self.game.optimizers)
        self.observers = observers
        self.step = 0
        self.run = {"settings": {"train": settings.model_dump()}, **(description or {})}
        self.run |= {"device": str(self.runtime.device), "device_reason": self.runtime.reason, "data": data.in_words()}
        self.run |= {"images": data.fingerprint}

    def train(self, stop: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Trains through both stages, going on from the newest checkpoint; returns what summary.json holds.

        Args:
            stop: Asked after every step whether to save and end there; a `Stop` listens to signals and the clock.

        Raises:
            StoppedError: The run ended early because `stop` said so.
            ZooError: A term is no longer a finite number; what was saved before stays.
        """
        began = perf_counter()
        self._begin()
        first = self.step
        while self.step < self.total_steps:
            stage = self.game.play if self.step < self.settings.steps else self.game.finetune
            terms = stage(self.step, self.batch)
            self.step += 1
            last = self.step == self.total_steps
            if last or self.step % self.settings.log_every == 0:
                self._log(self._finite(terms))
            if last or self.step % self.settings.evaluate_every == 0:
                self._evaluate()
            stopped = not last and stop()
            if last or stopped or self.step % self.settings.checkpoint_every == 0:
                self._save(terms)
            if stopped:
                raise StoppedError(f"StoppedError at step {self.step}, which is saved in {self.directory.checkpoints}.")
        return self._finish(first, began)

    @property
    def total_steps(self) -> int:
        """Steps of both stages."""
        return self.settings.steps + self.settings.finetune_steps

    def batch(self, number: int) -> Batch:
        """The training batch with this number, augmented, on the device."""
        pixels, labels = self.data.train(self.order.indices(number))
        rows = torch.nonzero(labels >= 0).flatten()
        images = as_floats(pixels, self.runtime.device)
        shift = round(self.settings.shift * images.shape[-1])
        random = StepRandom(self.settings.seed, number, "augmentation", self.runtime.device)
        moved = augmented(images, random, shift, self.mirror) if shift or self.mirror else images
        return Batch(moved, *(part.to(self.runtime.device, non_blocking=True) for part in (labels, rows)))

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

    @staticmethod
    def _order(data: TrainingData, loss: Loss[Any], settings: TrainSettings) -> Order:
        if loss.class_balanced:
            return ClassBalancedOrder(data.split, data.labels, settings.batch_size, settings.seed)
        return BatchOrder(data.split, settings.batch_size, settings.labelled_share, settings.seed)

    def _begin(self) -> None:
        remarks = self.directory.start(self.run, self.data.split.as_dict())
        self.step, troubles = self.checkpoints.load_newest()
        self.log.rewind(self.step)
        self._tell(
            "training_started",
            {**self.run, "run_dir": str(self.directory.path), "first_step": self.step, "remarks": remarks + troubles},
        )

    def _finish(self, first: int, began: float) -> dict[str, Any]:
        measured: dict[str, Any] = next(
            (line for line in reversed(self.log.lines()) if "validation/images" in line), {}
        )
        took = {"first_step": first, "seconds": round(perf_counter() - began, 1)}
        summary = {"steps": self.step, "run_dir": str(self.directory.path), **took}
        summary |= {name: value for name, value in measured.items() if name.startswith("validation/")}
        write_json(self.directory.summary_file, summary)
        self._tell("training_finished", summary)
        return summary

    def _log(self, metrics: Mapping[str, float]) -> None:
        self.log.add(self.step, metrics)
        self._tell("metrics_logged", self.step, metrics)

    def _evaluate(self) -> None:
        generator, discriminator = self.game.averages.generator, self.game.averages.discriminator
        result = evaluate(generator, discriminator, self.game.loss, self.data.validation(), self.runtime.device)
        numbers = {name: value for name, value in result.items() if isinstance(value, int | float)}
        picture = sample_grid(generator, self.game.loss, self.shown.images, self.shown.labels)
        if picture is not None:
            save_picture(picture, self.directory.samples / f"step-{self.step:08d}.png")
        self._log({f"validation/{name}": value for name, value in numbers.items()})

    def _save(self, terms: Mapping[str, Tensor]) -> None:
        self._finite(terms)
        path = self.checkpoints.save(self.step, self.run, self.settings.keep)
        self._tell("checkpoint_saved", self.step, path)

    def _finite(self, terms: Mapping[str, Tensor]) -> dict[str, float]:
        """The terms as plain numbers."""
        values = {name: value.item() for name, value in terms.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise ZooError(
                    f"Training diverged: {name} is {value} at step {self.step}. The checkpoints in "
                    f"{self.directory.checkpoints} are from before. Try a lower `--lr` in a new `--run-dir`."
                )
        return values

    def _tell(self, event: str, *what: Any) -> None:
        for observer in self.observers:
            getattr(observer, event)(*what)
