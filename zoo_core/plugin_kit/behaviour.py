"""Requirements on how networks and recipes behave when they are built and run."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from registry import Component, UsageError
from zoo_core import Batch, ClassSampler, Discriminator, ImageSpec, Inpainter, Logits, Sampler, StepRandom, Translator
from zoo_core.config.composition import Composition
from zoo_core.config.sections import merge_sections
from zoo_core.interfaces.hooks import load_installed_plugins
from zoo_core.plugin_kit.declaration import require
from zoo_core.training.compatibility import check_compatibility
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep

SPECS = (ImageSpec(3, 32, 32, 2), ImageSpec(1, 64, 64, 0), ImageSpec(1, 32, 32, 10))
SPECS_TEXT = " or ".join(str(spec) for spec in SPECS)
BATCH_SIZE = 4


def generates_valid_images(component: Component) -> None:
    """All generated images are float32, have the shape of the data's images, and are in [-1, 1]."""
    for spec, network in build_networks(component):
        outputs = list(collect_outputs(network, spec))
        capabilities = "inpaint(), sample(), sample_classes() or translate()"
        require(bool(outputs), f"Give {component.target} a capability of zoo_core, that is, a method {capabilities}.")
        for images in outputs:
            shape = (BATCH_SIZE, spec.channels, spec.height, spec.width)
            require(images.shape == shape, f"Images for {spec} must have shape {shape}, not {tuple(images.shape)}.")
            require(images.dtype == torch.float32, f"Images must be float32, not {images.dtype}.")
            require(bool(images.abs().max() <= 1), "Images must be in [-1, 1]; a final tanh ensures that.")


def returns_valid_logits(component: Component) -> None:
    """`forward` returns `Logits` of the right shapes, and class logits only if there are classes."""
    for spec, network in build_networks(component):
        logits = network(make_images(spec))
        require(isinstance(logits, Logits), "Return zoo_core.Logits from forward().")
        is_valid = logits.validity.ndim in (2, 4) and logits.validity.shape[:2] == (BATCH_SIZE, 1)
        shape = tuple(logits.validity.shape)
        require(is_valid, f"Validity logits must have shape (N, 1) or (N, 1, h, w), not {shape}.")
        if logits.classes is not None:
            expected = (BATCH_SIZE, spec.classes)
            advice = f"Class logits for {spec} must have shape {expected}, or be None without classes."
            require(logits.classes.shape == expected, advice)


def has_gradients_for_every_weight(component: Component) -> None:
    """Every weight contributes to the outputs."""
    for spec, network in build_networks(component):
        torch.autograd.backward([output.square().sum() for output in collect_outputs(network, spec)])
        unused = [name for name, weight in network.named_parameters() if weight.requires_grad and weight.grad is None]
        require(not unused, f"Use or remove the weights {', '.join(unused)}: they receive no gradient.")


def is_reproducible_and_restorable(component: Component) -> None:
    """Initial weights depend only on torch's seed, and `state_dict` contains everything that decides the outputs."""
    for spec, _ in build_networks(component):
        torch.manual_seed(0)
        first = component.load()(spec)
        torch.manual_seed(0)
        second, third = component.load()(spec), component.load()(spec)
        pairs = zip(first.parameters(), second.parameters(), strict=True)
        advice = "Draw initial weights from torch's global random generator only."
        require(all(torch.equal(a, b) for a, b in pairs), advice)
        third.load_state_dict(first.state_dict())
        outputs = [[output.detach() for output in collect_outputs(network.eval(), spec)] for network in (first, third)]
        is_restored = all(torch.equal(a, b) for a, b in zip(*outputs, strict=True))
        advice = "Keep everything that decides the output in parameters or buffers, and draw noise from `random`."
        require(is_restored, advice)


def builds_on_the_meta_device(component: Component) -> None:
    """It can be built on the meta device, so that its size can be measured without allocating memory."""
    for spec, _ in build_networks(component):
        with torch.device("meta"):
            network = component.load()(spec)
        allocated = [name for name, weight in network.named_parameters() if not weight.is_meta]
        require(not allocated, f"Create {', '.join(allocated)} without naming a device.")


def trains_finite_steps_with_and_without_labels(component: Component) -> None:
    """Every term is finite in training steps with all labels, with some and with none."""
    catalogue = load_installed_plugins().catalogue
    layer = merge_sections(component.load().to_sections())
    composition = Composition.from_settings(catalogue, component.qualified_name, layer)
    accepted = 0
    for spec in SPECS:
        with suppress(UsageError):
            training_step = _build_training_step(spec, composition)
            accepted += 1
            _train(training_step, spec)
    advice = f"The components of '{component.name}' must fit each other and accept at least one of {SPECS_TEXT}."
    require(accepted > 0, advice)


def _build_training_step(spec: ImageSpec, composition: Composition) -> GANTrainingStep:
    generator, discriminator = composition.build_networks(spec)
    loss, settings = composition.build_loss(), composition.train_settings
    if not spec.classes:  # fine-tuning needs labels
        settings = settings.model_copy(update={"finetune_steps": 0})
    check_compatibility(generator, discriminator, loss, settings)
    return GANTrainingStep(generator, discriminator, loss, settings, Runtime.choose("cpu"))


def _train(training_step: GANTrainingStep, spec: ImageSpec) -> None:
    loss = training_step.loss
    for step, labels in enumerate(make_labels(spec, loss.class_balanced)):
        batch = Batch(make_images(spec), labels)
        values = training_step.train(step, [batch] * loss.discriminator_steps)
        may_be_empty = loss.has_supervised_step and bool((labels < 0).all())
        require(bool(values) or may_be_empty, "The loss must return at least one term for at least one network.")
        infinite = [name for name, value in values.items() if not value.isfinite()]
        require(not infinite, f"Terms must be finite, but with labels {labels.tolist()} {', '.join(infinite)} is not.")


def build_networks(component: Component) -> Iterator[tuple[ImageSpec, Any]]:
    """Builds the network for every spec that it accepts; it may refuse others with a `UsageError`."""
    accepted = 0
    for spec in SPECS:
        try:
            network = component.load()(spec)
        except UsageError:
            continue
        accepted += 1
        yield spec, network
    require(accepted > 0, f"{component.target} must accept at least one of {SPECS_TEXT}; it refused all of them.")


def collect_outputs(network: nn.Module, spec: ImageSpec) -> Iterator[Tensor]:
    """Calls every capability of a network and yields what it returns for a batch."""
    x, labels = make_images(spec), torch.arange(BATCH_SIZE) % max(spec.classes, 1)
    if isinstance(network, Inpainter):
        yield network.inpaint(x, torch.ones(BATCH_SIZE, 1, spec.height, spec.width))
    if isinstance(network, Sampler):
        yield network.sample(BATCH_SIZE, StepRandom(0, 0, "check"))
    if isinstance(network, ClassSampler):
        yield network.sample_classes(labels, StepRandom(0, 0, "check"))
    if isinstance(network, Translator):
        yield network.translate(x, labels)
    if isinstance(network, Discriminator):
        logits = network(x)
        yield from (part for part in (logits.validity, logits.classes) if part is not None)


def make_images(spec: ImageSpec) -> Tensor:
    """A batch of noise, (N, C, H, W) in [-1, 1]."""
    return StepRandom(0, 0, "images").uniform(BATCH_SIZE, spec.channels, spec.height, spec.width) * 2 - 1


def make_labels(spec: ImageSpec, class_balanced: bool) -> Iterator[Tensor]:
    """Labels of a batch: all known and sorted by class; unless they must be balanced, also some known, and none."""
    classes = torch.arange(BATCH_SIZE) * max(spec.classes, 1) // BATCH_SIZE
    if spec.classes:
        yield classes
    if not class_balanced:
        if spec.classes:
            yield torch.where(torch.arange(BATCH_SIZE) < 2, classes, -1)
        yield torch.full((BATCH_SIZE,), -1)
