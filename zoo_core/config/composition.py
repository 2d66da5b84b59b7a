"""From the names of components and their options to data, networks and a trainer."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from pydantic import create_model

from registry import Catalogue, Component
from zoo_core.config.sections import Sections
from zoo_core.data.split import DataSplit, read_label_list
from zoo_core.data.training_data import TrainingData
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset, Split
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.hooks import Callback
from zoo_core.interfaces.options import build_schema, validate_options
from zoo_core.interfaces.settings import DataSettings, Settings, TrainSettings
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.trainer import Trainer

SECTION_KINDS = {"generator": "generator", "discriminator": "discriminator", "loss": "loss", "data": "dataset"}
UNSAVED_OPTIONS = {"download"}  # describes how to get the data, not the run


@dataclass(frozen=True)
class Composition:
    """The components of a run and their validated options: everything that is known before data is read.

    Attributes:
        recipe: Name of the recipe.
        components: By section.
        options: By section, including `train`.
    """

    recipe: str
    components: dict[str, Component]
    options: dict[str, Settings]

    @staticmethod
    def from_settings(catalogue: Catalogue, recipe: str, settings: Sections) -> "Composition":
        """Looks up the components that the settings name, and validates all options.

        Whatever the command line, a settings file, a recipe or run.json contains is validated only here, before data is
        read. A constructor with `@validate_call` checks these valid values again; it does so for callers from Python.

        Raises:
            UsageError: A name or option is unknown, or a value is invalid.
        """
        parts = {section: resolve_component(catalogue, section, settings[section]) for section in SECTION_KINDS}
        options: dict[str, Settings] = {"train": validate_options("train", TrainSettings, settings["train"])}
        options |= {section: validated for section, (_, validated) in parts.items()}
        return Composition(recipe, {section: component for section, (component, _) in parts.items()}, options)

    @property
    def train_settings(self) -> TrainSettings:
        """The options of the section `train`."""
        train = self.options["train"]
        assert isinstance(train, TrainSettings)
        return train

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """All settings as plain values, as in run.json; runs are compared by them."""
        names = {section: {"name": component.qualified_name} for section, component in self.components.items()}
        return {
            section: names.get(section, {}) | options.model_dump(mode="json", exclude=UNSAVED_OPTIONS)
            for section, options in sorted(self.options.items())
        }

    def read_images(self, split: Split) -> ImageDataset:
        """Reads one split of the dataset."""
        data = self._data
        request = DatasetRequest(split, data.image_size, data.root, data.download)
        options = {name: value for name, value in vars(data).items() if name not in DataSettings.model_fields}
        images: ImageDataset = self.components["data"].load()(request, **options)
        return images

    def build_networks(self, spec: ImageSpec) -> tuple[Generator, Discriminator]:
        """Builds both networks, with initial weights from the seed of the run."""
        torch.manual_seed(self.train_settings.seed)
        return self._build("generator", spec), self._build("discriminator", spec)

    def build_loss(self) -> Loss[Any]:
        """Builds the loss."""
        loss: Loss[Any] = self._build("loss")
        return loss

    def build_trainer(self, run_dir: Path, callbacks: Sequence[Callback] = ()) -> Trainer:
        """Reads the training images and builds the trainer; nothing is written."""
        loss, data = self.build_loss(), self._data
        with ProcessGroup.current().local_main_first():
            images = self.read_images("train")
        labels = read_label_list(data.labels) if isinstance(data.labels, Path) else data.labels
        directory = RunDirectory(run_dir)
        training = TrainingData(
            images,
            labels=labels if loss.uses_labels else 0,
            validation=data.validation,
            seed=self.train_settings.seed,
            split=DataSplit.from_dict(directory.read_split()) if directory.has_run else None,
        )
        generator, discriminator = self.build_networks(training.spec)
        description = self.describe() | {"spec": asdict(training.spec), "classes": list(images.classes)}
        return Trainer(generator, discriminator, loss, training, self.train_settings, run_dir, description, callbacks)

    def describe(self) -> dict[str, Any]:
        """The settings, the origin of the components, the machine and the versions, for run.json."""
        return {
            "recipe": self.recipe,
            "settings": self.settings,
            "components": {section: component.as_dict() for section, component in self.components.items()},
            "machine": {"processor": platform.machine(), "cpus": os.cpu_count(), "threads": torch.get_num_threads()},
            "versions": collect_versions(),
        }

    @property
    def _data(self) -> DataSettings:
        data = self.options["data"]
        assert isinstance(data, DataSettings)
        return data

    def _build(self, section: str, *context: Any) -> Any:
        return self.components[section].load()(*context, **vars(self.options[section]))


def resolve_component(catalogue: Catalogue, section: str, values: Mapping[str, Any]) -> tuple[Component, Settings]:
    """Looks up the component that a section of settings names, and validates its options.

    Raises:
        UsageError: The name or an option is unknown, or a value is invalid.
    """
    component = catalogue.find(SECTION_KINDS[section], str(values["name"]))
    schema = build_schema(component.load())
    if section == "data":  # all datasets share some options
        schema = create_model(schema.__name__, __base__=(DataSettings, schema))
    return component, validate_options(section, schema, {name: values[name] for name in values if name != "name"})


def collect_versions() -> dict[str, str]:
    """The versions of gan-zoo, torch and Python, by name."""
    return {name: version(name) for name in ("gan-zoo", "torch")} | {"python": platform.python_version()}
