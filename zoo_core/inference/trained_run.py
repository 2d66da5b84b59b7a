"""A run that was trained before, ready to be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from registry import Catalogue, UsageError, ZooError
from zoo_core.config.composition import Composition
from zoo_core.data.pixels import select_images
from zoo_core.evaluation.classification import Temperature
from zoo_core.evaluation.evaluate import MASK_SIZES, evaluate
from zoo_core.evaluation.metrics import TEMPERATURE
from zoo_core.inference.model import Model, prepare_for_inference
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.training.checkpoint import Checkpoints, State
from zoo_core.training.device import Runtime
from zoo_core.training.ema import EMA
from zoo_core.training.run_directory import RunDirectory, compare_provenance


@dataclass(frozen=True)
class TrainedRun:
    """Networks with the weights of a run's newest checkpoint.

    Attributes:
        directory: The run.
        composition: What it is made of.
        generator: In evaluation mode.
        discriminator: In evaluation mode.
        loss: The rules it was trained by.
        classes: Names of the classes it was trained with.
        device: Where the networks are.
        step: Of the checkpoint.
        weights: "ema" or "raw".
        remarks: What is not as it was when the run was trained.
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
    remarks: tuple[str, ...]

    @staticmethod
    def open(path: Path, catalogue: Catalogue, weights: str | None = None, checkpoint: str = "newest") -> "TrainedRun":
        """Rebuilds a run from its folder.

        Args:
            path: The run's folder.
            catalogue: Where its components are looked up.
            weights: "ema" or "raw"; averaged where the run keeps averages, if not given.
            checkpoint: "newest", or "best" by validation images.

        Raises:
            UsageError: Averages are asked for, but the run keeps none, or the best checkpoint, but none was measured.
            ZooError: It is no run, has no checkpoint yet, or its components are not installed.
        """
        directory = RunDirectory(path)
        run = directory.read_run()
        if "components" not in run:
            raise ZooError(
                f"{path} was trained from Python, from classes without a name. Measure it there with `evaluate`."
            )
        composition = Composition.from_settings(catalogue, run["recipe"], run["settings"])
        generator, discriminator = composition.networks(ImageSpec(**run["spec"]))
        loss = composition.loss()
        averages = EMA(generator, discriminator, run["settings"]["train"]["ema_decay"])
        weights = _chosen_weights(path, averages, weights)
        networks = {"generator": generator, "discriminator": discriminator, "loss": loss, **averages.networks}
        state, troubles = _restored(Checkpoints(directory.checkpoints, networks), checkpoint)
        if not state.step:
            raise ZooError(f"{path} has no checkpoint yet. Go on with its training first.")
        device = Runtime.choose().device
        for network in networks.values():
            prepare_for_inference(network, device)
        remarks = (*troubles, *compare_provenance(run, composition.description()))
        if weights == "ema":
            generator, discriminator = averages.generator, averages.discriminator
        classes = tuple(run["classes"])
        return TrainedRun(
            directory, composition, generator, discriminator, loss, classes, device, state.step, weights, remarks
        )

    def evaluate(self, split: str) -> dict[str, Any]:
        """Measures the run on its "validation" or "test" images, in-painting by several sizes of holes too."""
        images = self.images(split)
        temperature: Temperature = "fitted" if split == "validation" else (self.temperature or 1.0)
        return evaluate(self.generator, self.discriminator, self.loss, images, self.device, MASK_SIZES, temperature)

    @property
    def temperature(self) -> float | None:
        """What class logits are divided by: as was fitted on validation images at the checkpoint's step, if it was."""
        lines = self.directory.metrics.read()
        fitted = {line["step"]: line[TEMPERATURE] for line in lines if TEMPERATURE in line}
        return fitted.get(self.step) if self.weights == self.usual_weights else None

    @property
    def usual_weights(self) -> str:
        """The weights by which the run was measured in training."""
        return "ema" if self.composition.settings["train"]["ema_decay"] else "raw"

    @property
    def model(self) -> Model:
        """The networks, ready for people's own pictures."""
        classes = self.classes if self.discriminator.spec.classes else ()
        remarks = (*self.remarks, *describe_missing_calibration(classes, self.temperature, self.step))
        return Model(
            self.generator,
            self.discriminator,
            classes,
            self.temperature,
            self.device,
            str(self.directory.path),
            remarks,
        )

    def images(self, split: str) -> ImageDataset:
        """The run's validation images, as its split.json names them, or the data's test images."""
        if split == "test":
            return self.composition.images("test")
        positions = self.directory.read_split()["validation"]
        return select_images(self.composition.images("train"), torch.tensor(positions, dtype=torch.long))


def describe_missing_calibration(classes: Sequence[str], temperature: float | None, step: int) -> tuple[str, ...]:
    """A sentence where probabilities are those of no temperature."""
    if not classes or temperature is not None:
        return ()
    return (f"Step {step} was not measured in training: probabilities are not calibrated.",)


def _restored(checkpoints: Checkpoints, which: str) -> tuple[State, list[str]]:
    if which == "newest":
        return checkpoints.load_newest()
    best = checkpoints.best()
    if best is None:
        raise UsageError(f"No checkpoint in {checkpoints.folder} was measured. Leave `--checkpoint best` out.")
    return checkpoints.load(best), []


def _chosen_weights(path: Path, averages: EMA, asked: str | None) -> str:
    if asked == "ema" and not averages.networks:
        raise UsageError(
            f"{path} keeps no EMA weights. Leave `--weights` out, or train with `-o train.ema_decay=0.99`."
        )
    return asked or ("ema" if averages.networks else "raw")
