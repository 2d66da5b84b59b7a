"""The training loop, for any generator, discriminator and loss that fit each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from zoo_core.data.batches import Prefetcher, build_sampler, check_group_sizes
from zoo_core.data.pixels import move_to_device, shift_and_flip, to_float_images
from zoo_core.data.training_data import TrainingData
from zoo_core.evaluation.evaluate import evaluate
from zoo_core.evaluation.metrics import VALIDATION_PREFIX, get_selection_score
from zoo_core.evaluation.sample_grid import GRID_ROWS, make_grid_images, tile_images
from zoo_core.interfaces.batch import Batch
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.hooks import Callback
from zoo_core.interfaces.randomness import StepRandom
from zoo_core.interfaces.settings import TrainSettings
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.compatibility import check_compatibility
from zoo_core.training.device import Runtime
from zoo_core.training.final_evaluation import write_final_evaluation
from zoo_core.training.run_directory import RUN_FORMAT, RunDirectory
from zoo_core.training.run_logger import RunLogger, SilentRunLogger
from zoo_core.training.stability import (
    DivergedError,
    SaturationMonitor,
    check_finite_state,
    check_finite_terms,
    detect_mode_collapse,
)
from zoo_core.training.stopping import StoppedError
from zoo_core.training.training_step import GANTrainingStep


class Trainer:
    """Trains step by step, and logs, evaluates and saves checkpoints at the intervals in the settings.

    Its only state is `step` and `retries`: batches, random numbers and learning rates are functions of them, and
    networks and optimisers own their state. With several processes (torchrun) each has a trainer, which computes its
    part of every batch; the main process evaluates and writes.

    Args:
        generator: Built for `data.spec`.
        discriminator: Built for `data.spec`.
        loss: Decides what is generated and which terms are minimised.
        data: Training images with a label budget.
        settings: How to train.
        run_dir: Folder for results; a run in it with the same settings is resumed.
        description: Further content of run.json, such as the components and their versions.
        callbacks: Called at every event of the run.

    Raises:
        UsageError: The parts do not fit each other, or the batch is larger than the data.
        ZooError: The device is not available.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
        >>> from zoo_core import DatasetRequest, TrainingData, TrainSettings, digits
        >>> data = TrainingData(digits(DatasetRequest()), labels=100)
        >>> networks = MaskedAutoencoder(data.spec, width=2), DualHeadPatchGAN(data.spec, width=2)
        >>> with TemporaryDirectory() as folder:
        ...     trainer = Trainer(*networks, RecAdvAux(), data, TrainSettings(steps=1, batch_size=4), folder)
        ...     trainer.train()["steps"]
        1
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
        callbacks: Sequence[Callback] = (),
    ) -> None:
        check_compatibility(generator, discriminator, loss, settings)
        self.runtime = Runtime.choose(settings.device, settings.precision)
        self.training_step = GANTrainingStep(generator, discriminator, loss, settings, self.runtime)
        self.process_group = self.training_step.process_group
        self.sampler = build_sampler(data, loss.class_balanced, settings)
        check_group_sizes(self.sampler, self.process_group.rank_info)
        self.data = data
        self.read = Prefetcher(self._read) if data.images.decodes_on_read else self._read
        self.settings = settings
        self.directory = RunDirectory(run_dir)
        networks, optimizers = self.training_step.networks, self.training_step.optimizers
        checkpoints = Checkpoints(self.directory.checkpoints, networks, optimizers)
        logger = RunLogger if self.process_group.is_main else SilentRunLogger
        self.run_logger = logger(self.directory, checkpoints, self.process_group, callbacks)
        self.saturation = SaturationMonitor()
        self.step = 0
        self.retries = 0
        self.run = {
            "format": RUN_FORMAT,
            "settings": {"train": settings.model_dump()},
            **(description or {}),
            "device": str(self.runtime.device),
            "device_reason": self.runtime.reason,
            "data": data.describe(),
            "images": data.fingerprint,
            "processes": self.process_group.rank_info.world_size,
        }

    def train(self, should_stop: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """Trains both stages, from the newest checkpoint if there is one; returns the content of summary.json.

        Args:
            should_stop: Called after every step; if it returns True, the step is saved and training stops. A
                `StopCondition` does so after a signal or at a time limit.

        Raises:
            StoppedError: The run stopped early because of `should_stop`.
            DivergedError: A number is no longer finite, and all retries are used up; earlier checkpoints stay.
            UsageError: The folder contains another run or other files, or another process is training in it.
            ZooError: A file cannot be written; earlier checkpoints stay.
        """
        started = perf_counter()
        with self.run_logger.lock():
            first_step = self._start()
            while self.step < self.total_steps:
                try:
                    self._advance(should_stop)
                except DivergedError as error:
                    self._retry(error)
            if self.process_group.is_main:
                write_final_evaluation(self.training_step, self.data, self.directory, self.step)
            timing = {"first_step": first_step, "seconds": round(perf_counter() - started, 1)}
            return self.run_logger.finish(self.step, timing)

    @property
    def total_steps(self) -> int:
        """Steps of both stages."""
        return self.settings.steps + self.settings.finetune_steps

    def load_batches(self, step: int) -> Iterator[Batch]:
        """Loads the batches of a step, one for each discriminator step, each when it is needed."""
        count = self.training_step.loss.discriminator_steps
        return map(self.load_batch, range(step * count, (step + 1) * count))

    def load_batch(self, number: int) -> Batch:
        """Loads this process's part of the training batch with this number: augmented, on the device."""
        pixels, labels = self.read(number)
        labelled = torch.nonzero(labels >= 0).flatten()
        images = to_float_images(pixels, self.runtime.device)
        shift = round(self.settings.shift * images.shape[-1])
        if shift or self.flips:
            device, rank_info = self.runtime.device, self.process_group.rank_info
            random = StepRandom(self.settings.seed, number, "augmentation", device, rank_info)
            images = shift_and_flip(images, random, shift, self.flips)
        return Batch(images, *(move_to_device(part, self.runtime.device) for part in (labels, labelled)))

    @property
    def flips(self) -> bool:
        """Whether training images are flipped horizontally at random."""
        requested = self.settings.horizontal_flip
        return self.data.images.horizontal_flip if requested is None else requested

    @cached_property
    def sample_images(self) -> Batch:
        """The validation images of the sample grids, evenly spaced, since folders are sorted by class."""
        validation = self.data.select_validation()
        count = min(GRID_ROWS, len(validation))
        chosen = torch.arange(count) * len(validation) // count
        images = to_float_images(validation.pixels.read(chosen), self.runtime.device)
        return Batch(images, validation.labels[chosen].to(self.runtime.device))

    def _read(self, number: int) -> tuple[Tensor, Tensor]:
        return self.data.read(self.process_group.rank_info.select_local(self.sampler.sample_indices(number)))

    def _start(self) -> int:
        """Starts or resumes the run, and saves the initial weights of a new one; returns the first step."""
        self._set_state(self.run_logger.start(self.run, self.data.split.as_dict(), self.data.images.skipped))
        self.process_group.broadcast_parameters(self.training_step.networks)
        for line in self.directory.metrics.read():
            self.saturation.update(line)
        if not self.run_logger.checkpoints.list_paths():
            self._save(None)
        return self.step

    def _advance(self, should_stop: Callable[[], bool]) -> None:
        """Trains one step, then logs, validates, saves and stops, each if it is due."""
        values = self._train_step()
        stop = self.step < self.total_steps and self.process_group.any(should_stop())
        log, validate = self._is_due(self.settings.log_every), self._is_due(self.settings.evaluate_every)
        save = stop or self._is_due(self.settings.checkpoint_every)
        if log or validate or save:
            terms = self._check_finite(values)
        if log:
            self.run_logger.log(self.step, terms)
            self.run_logger.warn(self.step, self.saturation.update(terms))
        score = self._validate() if validate and self.process_group.is_main else None
        if save:
            self._save(score)
        if stop:
            raise StoppedError(f"Stopped at step {self.step}; checkpoint saved in {self.directory.checkpoints}.")

    def _train_step(self) -> dict[str, Tensor]:
        """Loads the batches of the next step, trains on them and counts the step."""
        if self.step < self.settings.steps:
            values = self.training_step.train(self.step, self.load_batches(self.step))
        else:
            batch = self.load_batch(self.step * self.training_step.loss.discriminator_steps)
            values = self.training_step.finetune(self.step, batch)
        self.step += 1
        return values

    def _is_due(self, interval: int) -> bool:
        return self.step % interval == 0 or self.step == self.total_steps

    def _check_finite(self, values: Mapping[str, Tensor]) -> dict[str, float]:
        """Averages buffers and terms over all processes, and checks every number before it is written."""
        self.process_group.all_reduce_buffers(self.training_step.networks)
        terms = check_finite_terms(self.step, self.process_group.all_reduce_scalars(values))
        check_finite_state(self.step, self.training_step.networks, self.training_step.optimizers)
        return terms

    def _validate(self) -> float | None:
        """Evaluates on the validation images and draws a sample grid; returns the score of the checkpoint."""
        generator, discriminator = self.training_step.ema.generator, self.training_step.ema.discriminator
        loss, device = self.training_step.loss, self.runtime.device
        result = evaluate(generator, discriminator, loss, self.data.select_validation(), device, temperature="fitted")
        metrics = {name: value for name, value in result.items() if isinstance(value, int | float)}
        columns, generated = make_grid_images(generator, loss, self.sample_images.images, self.sample_images.labels)
        grid = tile_images(columns) if columns else None
        self.run_logger.log(self.step, {f"{VALIDATION_PREFIX}{name}": value for name, value in metrics.items()}, grid)
        self.run_logger.warn(self.step, detect_mode_collapse(generated) if generated is not None else None)
        return get_selection_score(metrics)

    def _save(self, score: float | None) -> None:
        self.run_logger.save_checkpoint(State(self.step, self.retries, score), self.run, self.settings.keep)

    def _retry(self, error: DivergedError) -> None:
        """Returns to the last checkpoint and halves the learning rate, at most `retries` times.

        A run that is killed meanwhile resumes from that checkpoint, diverges at the same step and returns here.
        """
        diverged, tries = self.step, self.retries + 1
        if tries > self.settings.retries:
            raise DivergedError(
                f"{error} Stopped after {self.settings.retries} retries. Earlier checkpoints are in "
                f"{self.directory.checkpoints}. Try a lower `--lr` in a new `--run-dir`."
            ) from error
        state = self.run_logger.restore_checkpoint()
        self._set_state(State(state.step, tries))
        self.run_logger.warn(
            diverged,
            f"{error} Returning to step {self.step} and continuing with {self.training_step.learning_rate_factor:g} "
            f"times the learning rate (retry {tries} of {self.settings.retries}).",
        )

    def _set_state(self, state: State) -> None:
        self.step, self.retries = state.step, state.retries
        self.training_step.learning_rate_factor = 0.5**state.retries
