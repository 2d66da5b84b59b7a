"""A run that was trained before, ready to be used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from registry import Catalogue, ZooError
from zoo_core.contract.batch import ImageSpec
from zoo_core.contract.dataset import ImageSet
from zoo_core.contract.interfaces import Discriminator, Generator, Loss
from zoo_core.engine.checkpoint import Checkpoints
from zoo_core.engine.data.pixels import subset
from zoo_core.engine.evaluation import evaluate
from zoo_core.engine.run_directory import RunDirectory, provenance_changes, read_json
from zoo_core.engine.runtime import Runtime
from zoo_core.face.compose import Composition


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
    remarks: tuple[str, ...]

    @staticmethod
    def open(path: Path, catalogue: Catalogue) -> "TrainedRun":
        """Rebuilds a run from its folder.

        Raises:
            ZooError: It is no run, has no checkpoint yet, or its components are not installed.
        """
        directory = RunDirectory(path)
        run = directory.read_run()
        if "components" not in run:
            raise ZooError(
                f"{path} was trained from Python, from classes without a name. Measure it there with `evaluate`."
            )
        composition = Composition.of(catalogue, run["recipe"], run["settings"])
        generator, discriminator = composition.networks(ImageSpec(**run["spec"]))
        loss = composition.loss()
        networks = {"generator": generator, "discriminator": discriminator, "loss": loss}
        step, troubles = Checkpoints(directory.checkpoints, networks).load_newest()
        if not step:
            raise ZooError(f"{path} has no checkpoint yet. Go on with its training first.")
        device = Runtime.choose().device
        for network in networks.values():
            network.to(device).eval()
        remarks = (*troubles, *provenance_changes(run, composition.description()))
        classes = tuple(run["classes"])
        return TrainedRun(directory, composition, generator, discriminator, loss, classes, device, step, remarks)

    def evaluate(self, split: str) -> dict[str, float]:
        """Measures the run on its "validation" or "test" images."""
        return evaluate(self.generator, self.discriminator, self.loss, self.images(split), self.device)

    def images(self, split: str) -> ImageSet:
        """The run's validation images, as its split.json names them, or the data's test images."""
        if split == "test":
            return self.composition.images("test")
        positions = read_json(self.directory.split_file)["validation"]
        return subset(self.composition.images("train"), torch.tensor(positions, dtype=torch.long))
