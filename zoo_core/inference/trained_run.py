"""Loads a trained run from its folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from registry import Catalogue, UsageError, ZooError
from zoo_core.config.composition import Composition
from zoo_core.data.pixels import select_images
from zoo_core.evaluation.classification import Temperature
from zoo_core.evaluation.evaluate import MASK_SIZES, evaluate
from zoo_core.evaluation.metrics import VALIDATION_TEMPERATURE
from zoo_core.inference.model import Model, describe_missing_calibration, prepare_for_inference
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.device import Runtime
from zoo_core.training.ema import EMA
from zoo_core.training.run_directory import RunDirectory, compare_provenance


@dataclass(frozen=True)
class TrainedRun:
    """The networks of a run, in evaluation mode, with the weights of one of its checkpoints.

    Attributes:
        directory: The folder of the run.
        composition: Its components and settings.
        classes: Names of the classes it was trained with.
        step: Step of the checkpoint.
        weights: "ema" or "raw".
        notes: What has changed since the run was trained, and checkpoints that cannot be read.
    """

    directory: RunDirectory
    composition: Composition
    generator: Generator
    discriminator: Discriminator
    loss: Loss[Any]
    classes: tuple[str, ...]
    device: torch.device
    step: int
    weights: str
    notes: tuple[str, ...]

    @staticmethod
    def open(path: Path, catalogue: Catalogue, weights: str | None = None, checkpoint: str = "newest") -> "TrainedRun":
        """Builds the networks of a run and loads their weights.

        Args:
            path: Folder of the run.
            catalogue: Where its components are looked up.
            weights: "ema" or "raw"; EMA weights if the run has them, by default.
            checkpoint: "newest", or "best" by its score on validation images.

        Raises:
            UsageError: The run has no EMA weights, or no best checkpoint, but they were requested.
            ZooError: The folder is not a run, has no checkpoint yet, or needs components that are not installed.
        """
        directory = RunDirectory(path)
        run = directory.read_run()
        if "components" not in run:
            raise ZooError(
                f"{path} was trained from Python with unnamed components. Evaluate it from Python with `evaluate`."
            )
        composition = Composition.from_settings(catalogue, run["recipe"], run["settings"])
        generator, discriminator = composition.build_networks(ImageSpec(**run["spec"]))
        loss = composition.build_loss()
        ema = EMA(generator, discriminator, run["settings"]["train"]["ema_decay"])
        weights = _choose_weights(path, ema, weights)

        networks = {"generator": generator, "discriminator": discriminator, "loss": loss, **ema.networks}
        state, problems = _load_checkpoint(Checkpoints(directory.checkpoints, networks), checkpoint)
        if not state.step:
            raise ZooError(f"{path} has no checkpoint yet. Resume its training first.")
        device = Runtime.choose().device
        for network in networks.values():
            prepare_for_inference(network, device)

        return TrainedRun(
            directory=directory,
            composition=composition,
            generator=ema.generator if weights == "ema" else generator,
            discriminator=ema.discriminator if weights == "ema" else discriminator,
            loss=loss,
            classes=tuple(run["classes"]),
            device=device,
            step=state.step,
            weights=weights,
            notes=(*problems, *compare_provenance(run, composition.describe())),
        )

    def evaluate(self, split: str) -> dict[str, Any]:
        """Evaluates the run on its "validation" or "test" images, also with masks of several sizes."""
        temperature: Temperature = "fitted" if split == "validation" else (self.temperature or 1.0)
        images = self.read_images(split)
        return evaluate(self.generator, self.discriminator, self.loss, images, self.device, MASK_SIZES, temperature)

    @property
    def temperature(self) -> float | None:
        """Divides class logits; None if it was not fitted on validation images at the step of the checkpoint."""
        lines = self.directory.metrics.read()
        fitted = {line["step"]: line[VALIDATION_TEMPERATURE] for line in lines if VALIDATION_TEMPERATURE in line}
        return fitted.get(self.step) if self.weights == self.default_weights else None

    @property
    def default_weights(self) -> str:
        """The weights that were evaluated during training: "ema" if the run has them, else "raw"."""
        return "ema" if self.composition.settings["train"]["ema_decay"] else "raw"

    @property
    def model(self) -> Model:
        """The networks, to be used on any images."""
        classes = self.classes if self.discriminator.spec.classes else ()
        return Model(
            generator=self.generator,
            discriminator=self.discriminator,
            classes=classes,
            temperature=self.temperature,
            device=self.device,
            origin=str(self.directory.path),
            notes=(*self.notes, *describe_missing_calibration(classes, self.temperature, self.step)),
        )

    def read_images(self, split: str) -> ImageDataset:
        """Reads the validation images in the run's split.json, or the test images of its dataset."""
        if split == "test":
            return self.composition.read_images("test")
        positions = self.directory.read_split()["validation"]
        return select_images(self.composition.read_images("train"), torch.tensor(positions, dtype=torch.long))


def _choose_weights(path: Path, ema: EMA, requested: str | None) -> str:
    if requested == "ema" and ema.weights != "ema":
        raise UsageError(f"{path} has no EMA weights. Leave out `--weights`, or train with `-o train.ema_decay=0.99`.")
    return requested or ema.weights


def _load_checkpoint(checkpoints: Checkpoints, which: str) -> tuple[State, list[str]]:
    """Loads the newest or the best checkpoint; returns its state, and a sentence about each that cannot be read."""
    if which == "newest":
        return checkpoints.load_newest()
    best = checkpoints.find_best()
    if best is None:
        raise UsageError(f"No checkpoint in {checkpoints.folder} has a score. Leave out `--checkpoint best`.")
    return checkpoints.load(best), []
