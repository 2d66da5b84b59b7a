"""What the contract demands of each kind of component; a `ContractError` says what to change."""

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import torch
from torch import nn

from registry import Component, UsageError, load_plugins
from zoo_core.config.composition import Composition
from zoo_core.config.layers import merge_layers
from zoo_core.interfaces.batch import Batch, ImageSpec
from zoo_core.interfaces.dataset import ImageDataset
from zoo_core.interfaces.gan import Discriminator, Generator, Logits, Loss
from zoo_core.interfaces.hookspecs import plugin_api
from zoo_core.interfaces.options import build_schema, describe_options
from zoo_core.interfaces.recipe import Recipe
from zoo_core.interfaces.settings import TrainSettings
from zoo_core.plugin_kit.trials import (
    COUNT,
    SPECS,
    ContractError,
    build_networks,
    collect_outputs,
    make_images,
    make_labels,
    require,
)
from zoo_core.training.compatibility import check_compatibility
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep

CLASSES: dict[str, type] = {"generator": Generator, "discriminator": Discriminator, "loss": Loss, "recipe": Recipe}


def is_what_its_kind_says(component: Component) -> None:
    """A generator is a `Generator`, a recipe is a `Recipe`, a data set is a function to an `ImageDataset`."""
    target = component.load()
    if component.kind == "dataset":
        annotation = inspect.signature(target).return_annotation
        require(
            annotation in (ImageDataset, "ImageDataset"), f"Annotate the result of {component.target} as ImageDataset."
        )
    elif component.kind == "recipe":
        require(isinstance(target, Recipe), f"Make {component.target} a zoo_core.Recipe object.")
    else:
        base = CLASSES[component.kind]
        is_one = inspect.isclass(target) and issubclass(target, base)
        require(is_one, f"Make {component.target} a class that extends zoo_core.{base.__name__}.")


def is_registered_without_torch(component: Component) -> None:
    """Registering must be quick, so it must not import torch."""
    script = (
        "import sys\nfrom registry import load_plugins\nfrom zoo_core.interfaces.hookspecs import plugin_api\n"
        "load_plugins(plugin_api())\nprint('torch' in sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_only(component.plugin)
    )
    change = f"Import torch only in the modules that targets such as '{component.target}' name, not where you register."
    require(loaded.stdout.strip() == "False", change)


def documents_its_options(component: Component) -> None:
    """Every option is keyword-only, annotated, has a default, and is described under Args."""
    given = 0 if component.kind == "loss" else 1
    positional = [
        name
        for name, parameter in inspect.signature(component.load()).parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    change = f"Write '*' in front of the options {', '.join(positional[given:])} of {component.target}."
    require(len(positional) <= given, change)
    try:
        schema = build_schema(component.load())
    except TypeError as error:
        raise ContractError(f"Annotate every keyword-only option: {error}.") from error
    for option in describe_options(schema):
        name = option["name"]
        require(bool(option["description"]), f"Describe '{name}' in the Args section of {component.target}.")
        has_default = not schema.model_fields[name].is_required()
        require(has_default, f"Give the option '{name}' of {component.target} a default.")


def begins_its_documentation_with_its_summary(component: Component) -> None:
    """What `zoo list` shows is the first line of the docstring."""
    first = (inspect.getdoc(component.load()) or "").partition("\n")[0]
    require(first == component.summary, f"Begin the docstring of {component.target} with '{component.summary}'.")


def makes_images(component: Component) -> None:
    """Everything it makes is float32, as large as the data's images, in [-1, 1]."""
    for spec, network in build_networks(component):
        outputs = list(collect_outputs(network, spec))
        capabilities = "inpaint(), sample(), sample_classes() or translate()"
        require(bool(outputs), f"Give {component.target} a capability: a method {capabilities} of zoo_core.")
        for images in outputs:
            shape = (COUNT, spec.channels, spec.height, spec.width)
            require(images.shape == shape, f"Make images of shape {shape} for {spec}, not {tuple(images.shape)}.")
            require(images.dtype == torch.float32, f"Make float32 images, not {images.dtype}.")
            require(bool(images.abs().max() <= 1), "Keep images in [-1, 1], for example by a last tanh.")


def gives_logits(component: Component) -> None:
    """It answers with `Logits` of the right shapes; class logits only where there are classes."""
    for spec, network in build_networks(component):
        logits = network(make_images(spec))
        require(isinstance(logits, Logits), "Return zoo_core.Logits from forward().")
        right = logits.validity.ndim in (2, 4) and logits.validity.shape[:2] == (COUNT, 1)
        require(right, f"Make validity logits (N, 1) or (N, 1, h, w), not {tuple(logits.validity.shape)}.")
        if logits.classes is not None:
            shape = (COUNT, spec.classes)
            require(logits.classes.shape == shape, f"Make class logits {shape} for {spec}, or None without classes.")


def lets_gradients_reach_every_weight(component: Component) -> None:
    """No weight is left out of the outputs."""
    for spec, network in build_networks(component):
        torch.autograd.backward([output.square().sum() for output in collect_outputs(network, spec)])
        idle = [name for name, weight in network.named_parameters() if weight.requires_grad and weight.grad is None]
        require(not idle, f"Use or remove the weights {', '.join(idle)}: no gradient reaches them.")


def is_the_same_for_the_same_seed_and_can_be_restored(component: Component) -> None:
    """Weights are a function of torch's seed, and state_dict holds all of them."""
    for spec, _ in build_networks(component):
        torch.manual_seed(0)
        first = component.load()(spec)
        torch.manual_seed(0)
        second, third = component.load()(spec), component.load()(spec)
        require(_alike(first, second), "Draw initial weights from torch's own generator only.")
        third.load_state_dict(first.state_dict())
        outputs = [[output.detach() for output in collect_outputs(network.eval(), spec)] for network in (first, third)]
        alike = all(torch.equal(a, b) for a, b in zip(*outputs, strict=True))
        require(
            alike, "Keep everything that decides the output in parameters or buffers, and draw noise from `random`."
        )


def can_be_built_without_memory(component: Component) -> None:
    """It can be built on the meta device, so that it can be measured before it is made."""
    for spec, _ in build_networks(component):
        with torch.device("meta"):
            network = component.load()(spec)
        stray = [name for name, weight in network.named_parameters() if not weight.is_meta]
        require(not stray, f"Do not name a device when you make {', '.join(stray)}.")


def is_played_by_a_recipe(component: Component) -> None:
    """Some recipe uses it, so that users can try it."""
    require(bool(list(_recipes_with(component))), f"Register a recipe with the {component.kind} '{component.name}'.")


def plays_finite_steps_with_and_without_labels(component: Component) -> None:
    """Two iterations give finite terms for labelled batches and for one without any label."""
    catalogue = load_plugins(plugin_api()).catalogue
    composition = Composition.from_settings(
        catalogue, component.qualified_name, merge_layers(component.load().sections())
    )
    played = 0
    for spec in SPECS:
        with suppress(UsageError):
            generator, discriminator = composition.networks(spec)
            loss = composition.loss()
            settings = _settings_for(spec, composition)
            check_compatibility(generator, discriminator, loss, settings)
            played += 1
            training_step = GANTrainingStep(generator, discriminator, loss, settings, Runtime.choose("cpu"))
            for step, labels in enumerate(make_labels(spec, loss)):
                batch = Batch(make_images(spec), labels)
                values = training_step.train(step, [batch] * loss.discriminator_steps)
                some = bool(values) or (loss.has_supervised_step and bool((labels < 0).all()))
                require(some, "Let the loss return at least one term for at least one of the networks.")
                wild = [name for name, value in values.items() if not value.isfinite()]
                require(not wild, f"Keep terms finite: {', '.join(wild)} is not, with labels {labels.tolist()}.")
    sizes = " or ".join(str(spec) for spec in SPECS)
    require(played > 0, f"Make '{component.name}' of parts that fit each other and can be built for {sizes}.")


def _settings_for(spec: ImageSpec, composition: Composition) -> TrainSettings:
    """The recipe's own, but for fine-tuning where there are no classes."""
    train = composition.options["train"]
    assert isinstance(train, TrainSettings)
    return train if spec.classes else train.model_copy(update={"finetune_steps": 0})


def _alike(first: nn.Module, second: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def _recipes_with(component: Component) -> Iterator[Component]:
    for recipe in load_plugins(plugin_api()).catalogue.of_kind("recipe"):
        name = recipe.load().sections()[component.kind]["name"]
        if name in (component.qualified_name, component.name):
            yield recipe


def _only(plugin: str) -> dict[str, str]:
    return {**os.environ, "ZOO_PLUGINS": plugin}


NETWORK = (
    is_what_its_kind_says,
    is_registered_without_torch,
    documents_its_options,
    begins_its_documentation_with_its_summary,
)
WEIGHTS = (
    lets_gradients_reach_every_weight,
    is_the_same_for_the_same_seed_and_can_be_restored,
    can_be_built_without_memory,
)
DEMANDS: dict[str, tuple[Callable[[Component], None], ...]] = {
    "generator": (*NETWORK, makes_images, *WEIGHTS),
    "discriminator": (*NETWORK, gives_logits, *WEIGHTS),
    "loss": (*NETWORK, is_played_by_a_recipe),
    "dataset": (is_what_its_kind_says, is_registered_without_torch, documents_its_options),
    "recipe": (is_what_its_kind_says, is_registered_without_torch, plays_finite_steps_with_and_without_labels),
}
