"""From names to a trainer: looks up components, checks their options, loads data, builds networks."""

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
from zoo_core.config.layers import Layer
from zoo_core.data.split import DataSplit, read_label_list
from zoo_core.data.training_data import TrainingData
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.dataset import DatasetRequest, ImageDataset, Split
from zoo_core.interfaces.gan import Discriminator, Generator, Loss
from zoo_core.interfaces.hookspecs import Callback
from zoo_core.interfaces.options import build_schema, validate_options
from zoo_core.interfaces.settings import DataSettings, Settings, TrainSettings
from zoo_core.training.process_group import ProcessGroup
from zoo_core.training.run_directory import RunDirectory
from zoo_core.training.trainer import Trainer

KIND_OF = {"generator": "generator", "discriminator": "discriminator", "loss": "loss", "data": "dataset"}
NOT_KEPT = {"download"}  # says how to get the data, not what the run is


@dataclass(frozen=True)
class Composition:
    """Components with valid options: everything that is known before data is read.

    Attributes:
        recipe: Name of the recipe it started from.
        components: By section.
        options: Validated settings, by section; `train` too.
    """

    recipe: str
    components: dict[str, Component]
    options: dict[str, Settings]

    @staticmethod
    def from_settings(catalogue: Catalogue, recipe: str, layer: Layer) -> "Composition":
        """Looks up the components that settings name, and checks every option.

        Raises:
            UsageError: A name or option is unknown, or a value is not possible.
        """
        parts = {section: resolve_component(catalogue, section, layer[section]) for section in KIND_OF}
        options: dict[str, Settings] = {"train": validate_options("train", TrainSettings, layer["train"])}
        options |= {section: checked for section, (_, checked) in parts.items()}
        return Composition(recipe, {section: component for section, (component, _) in parts.items()}, options)

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """All settings as plain values: what run.json keeps, and what a run is compared by."""
        named = {section: {"name": component.qualified_name} for section, component in self.components.items()}
        return {
            section: named.get(section, {}) | options.model_dump(mode="json", exclude=NOT_KEPT)
            for section, options in sorted(self.options.items())
        }

    def images(self, split: Split) -> ImageDataset:
        """Reads one split of the data."""
        data = self._data
        request = DatasetRequest(split, data.image_size, data.root, data.download)
        own = {name: value for name, value in vars(data).items() if name not in DataSettings.model_fields}
        images: ImageDataset = self.components["data"].load()(request, **own)
        return images

    def networks(self, spec: ImageSpec) -> tuple[Generator, Discriminator]:
        """Builds both networks, their weights drawn from the run's seed."""
        torch.manual_seed(self._train.seed)
        return self._build("generator", spec), self._build("discriminator", spec)

    def loss(self) -> Loss[Any]:
        """Builds the loss."""
        loss: Loss[Any] = self._build("loss")
        return loss

    def trainer(self, run_dir: Path, callbacks: Sequence[Callback] = ()) -> Trainer:
        """Reads the training images and puts everything together; writes nothing yet."""
        loss, data = self.loss(), self._data
        with ProcessGroup.current().local_main_first():
            images = self.images("train")
        labels = read_label_list(data.labels) if isinstance(data.labels, Path) else data.labels
        directory = RunDirectory(run_dir)
        training = TrainingData(
            images,
            labels=labels if loss.uses_labels else 0,
            validation=data.validation,
            seed=self._train.seed,
            split=DataSplit.from_dict(directory.read_split()) if directory.has_run else None,
        )
        generator, discriminator = self.networks(training.spec)
        description = self.description() | {"spec": asdict(training.spec), "classes": list(images.classes)}
        return Trainer(generator, discriminator, loss, training, self._train, run_dir, description, callbacks)

    def description(self) -> dict[str, Any]:
        """What the run is, where its components come from, and what it runs on."""
        return {
            "recipe": self.recipe,
            "settings": self.settings,
            "components": {section: component.as_dict() for section, component in self.components.items()},
            "machine": {"processor": platform.machine(), "cpus": os.cpu_count(), "threads": torch.get_num_threads()},
            "versions": collect_versions(),
        }

    @property
    def _train(self) -> TrainSettings:
        train = self.options["train"]
        assert isinstance(train, TrainSettings)
        return train

    @property
    def _data(self) -> DataSettings:
        data = self.options["data"]
        assert isinstance(data, DataSettings)
        return data

    def _build(self, section: str, *context: Any) -> Any:
        return self.components[section].load()(*context, **vars(self.options[section]))


def resolve_component(catalogue: Catalogue, section: str, written: Mapping[str, Any]) -> tuple[Component, Settings]:
    """The component that a section of settings names, and its options, checked.

    Raises:
        UsageError: The name or an option is unknown, or a value is not possible.
    """
    component = catalogue.find(KIND_OF[section], str(written["name"]))
    options = {name: value for name, value in written.items() if name != "name"}
    return component, validate_options(section, _schema(section, component), options)


def collect_versions() -> dict[str, str]:
    """Versions of what every run depends on, by name."""
    return {name: version(name) for name in ("gan-zoo", "torch")} | {"python": platform.python_version()}


def _schema(section: str, component: Component) -> type[Settings]:
    """The options of a component; those of a data set beside the ones that every data set has."""
    own = build_schema(component.load())
    return create_model(own.__name__, __base__=(DataSettings, own)) if section == "data" else own
