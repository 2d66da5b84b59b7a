"""The contract, held against everything that is registered."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from registry import Catalogue, Component, load_plugins
from zoo_core import (
    Batch,
    DataRequest,
    Discriminator,
    Fake,
    Generator,
    ImageSet,
    ImageSpec,
    Inpainter,
    Logits,
    Loss,
    Recipe,
    Sampler,
    StepRandom,
    TrainSettings,
)
from zoo_core.contract.hookspecs import plugin_system
from zoo_core.contract.options import described, schema_of
from zoo_core.engine.game import Game
from zoo_core.engine.runtime import Runtime
from zoo_core.face.compose import Composition
from zoo_core.face.layers import merged

CATALOGUE = load_plugins(plugin_system()).catalogue
SPECS = [ImageSpec(3, 32, 32, 4), ImageSpec(1, 64, 64, 0)]


def every(*kinds: str) -> Any:
    parts = [component for component in CATALOGUE if component.kind in kinds]
    assert parts
    return pytest.mark.parametrize("component", parts, ids=lambda part: f"{part.kind}-{part.qualified_name}")


def specs() -> Any:
    return pytest.mark.parametrize("spec", SPECS, ids=str)


def outputs(network: nn.Module, spec: ImageSpec) -> Iterator[torch.Tensor]:
    """Everything the network can make of three images."""
    x = torch.rand(3, spec.channels, spec.height, spec.width) * 2 - 1
    if isinstance(network, Inpainter):
        yield network.inpaint(x, torch.ones(3, 1, spec.height, spec.width))
    if isinstance(network, Sampler):
        yield network.sample(3, StepRandom(0, 0, "test"))
    if isinstance(network, Discriminator):
        logits = network(x)
        yield from (part for part in (logits.validity, logits.classes) if part is not None)


@every("generator", "discriminator", "loss", "dataset", "recipe")
def test_it_can_be_imported_and_is_what_its_kind_says(component: Component) -> None:
    target = component.load()
    if component.kind == "recipe":
        assert isinstance(target, Recipe)
    elif component.kind == "dataset":
        assert inspect.signature(target).return_annotation is ImageSet
    else:
        kinds: dict[str, type] = {"generator": Generator, "discriminator": Discriminator, "loss": Loss}
        assert issubclass(target, kinds[component.kind])


@every("generator", "discriminator", "loss", "dataset")
def test_every_option_is_annotated_has_a_default_and_says_what_it_does(component: Component) -> None:
    schema = schema_of(component.load())
    for option in described(schema):
        assert option["description"], option["name"]
        assert not schema.model_fields[option["name"]].is_required()


@every("generator", "discriminator", "loss")
def test_the_summary_is_the_first_line_of_the_documentation(component: Component) -> None:
    assert (inspect.getdoc(component.load()) or "").splitlines()[0] == component.summary


@specs()
@every("generator")
def test_a_generator_makes_images_like_the_datas(component: Component, spec: ImageSpec) -> None:
    made = list(outputs(component.load()(spec), spec))
    assert made, "it has no capability"
    for images in made:
        assert images.shape == (3, spec.channels, spec.height, spec.width)
        assert images.dtype == torch.float32
        assert images.abs().max() <= 1


@specs()
@every("discriminator")
def test_a_discriminator_gives_logits(component: Component, spec: ImageSpec) -> None:
    logits = component.load()(spec)(torch.rand(3, spec.channels, spec.height, spec.width))
    assert isinstance(logits, Logits)
    assert logits.validity.shape[:2] == (3, 1)
    assert (logits.classes is None) == (spec.classes == 0)
    assert logits.classes is None or logits.classes.shape == (3, spec.classes)


@specs()
@every("generator", "discriminator")
def test_gradients_reach_every_weight(component: Component, spec: ImageSpec) -> None:
    network = component.load()(spec)
    sum(output.square().sum() for output in outputs(network, spec)).backward()  # type: ignore[union-attr]
    assert [name for name, weight in network.named_parameters() if weight.grad is None] == []


@specs()
@every("generator", "discriminator")
def test_the_same_seed_builds_the_same_network_and_weights_can_be_moved(component: Component, spec: ImageSpec) -> None:
    torch.manual_seed(0)
    first = component.load()(spec)
    torch.manual_seed(0)
    second, third = component.load()(spec), component.load()(spec)
    third.load_state_dict(first.state_dict())
    for other in (second, third):
        assert all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@specs()
@every("generator", "discriminator")
def test_a_network_can_be_built_without_memory(component: Component, spec: ImageSpec) -> None:
    with torch.device("meta"):
        network = component.load()(spec)
    assert all(weight.is_meta for weight in network.parameters())


@every("recipe")
def test_a_recipe_plays_finite_steps_with_and_without_labels(component: Component, catalogue: Catalogue) -> None:
    composition = Composition.of(catalogue, component.qualified_name, merged(component.load().sections()))
    for labels in (torch.tensor([0, 1, -1, -1]), torch.full((4,), -1)):
        spec = ImageSpec(1, 32, 32, 2)
        game = Game(*composition.networks(spec), composition.loss(), TrainSettings(), Runtime.choose("cpu"))
        batch = Batch(torch.rand(4, 1, 32, 32), labels)
        for step in range(2):
            values = game.play(step, lambda _, batch=batch: batch)
            assert {name.split("/")[0] for name in values} == {"generator", "discriminator"}
            assert all(value.isfinite() for value in values.values())


@every("loss")
def test_a_loss_hands_on_a_fake_that_can_be_detached(component: Component) -> None:
    assert issubclass(inspect.signature(component.load().generate).return_annotation, Fake)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_default_data_set_keeps_the_contract(split: Any, catalogue: Catalogue, tmp_path: Path) -> None:
    images = catalogue.find("dataset", "digits").load()(DataRequest(split, 32))
    assert len(images) == len(images.pixels) == len(images.labels)
    pixels = images.pixels.read(torch.tensor([5, 0]))
    assert pixels.shape == (2, images.channels, 32, 32)
    assert pixels.dtype == torch.uint8
    assert images.labels.dtype == torch.int64
    assert 0 <= images.labels.min() <= images.labels.max() < len(images.classes)
