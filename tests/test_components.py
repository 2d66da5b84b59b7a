"""The checks of the plugin contract, run on the components of the built-in plugins and on components that break it."""

import pytest
import torch

from registry import Component, ZooError
from zoo_core import DatasetRequest, digits
from zoo_core.interfaces.dataset import Split
from zoo_core.plugin_kit import Check, ContractError, component_checks
from zoo_core.plugin_kit.checks import REQUIREMENTS

BUILT_IN_PLUGINS = ("ccgan", "data")
BROKEN_COMPONENTS = {
    "NotAGenerator": ("matches_its_kind", "a class that extends zoo_core.Generator"),
    "WithoutArgsSection": ("documents_its_options", "Describe 'width' in the Args section"),
    "WithoutAnnotation": ("documents_its_options", "Annotate every keyword-only option"),
    "PositionalOption": ("documents_its_options", r"Make width of .* keyword-only: write '\*' before the options"),
    "OtherSummary": ("starts_its_docstring_with_its_summary", "Start the docstring .* with 'A valid generator.'"),
    "WithoutCapability": ("generates_valid_images", r"a capability of zoo_core, that is, a method inpaint\(\)"),
    "WrongImageShape": ("generates_valid_images", r"must have shape \(4, 3, 32, 32\), not \(4, 3, 16, 32\)"),
    "OutOfRange": ("generates_valid_images", r"in \[-1, 1\]"),
    "UnusedLayer": ("has_gradients_for_every_weight", "unused.weight, unused.bias"),
    "GlobalRandomness": ("is_reproducible_and_restorable", "draw noise from `random`"),
    "FixedDevice": ("builds_on_the_meta_device", "Create scale without naming a device"),
    "RefusesAllSpecs": ("generates_valid_images", "it refused all"),
    "ReturnsTuple": ("returns_valid_logits", "Return zoo_core.Logits"),
    "WrongLogitShape": ("returns_valid_logits", r"Validity logits must have shape \(N, 1\)"),
}


def make_component(name: str) -> Component:
    kind = "discriminator" if name in ("ReturnsTuple", "WrongLogitShape") else "generator"
    return Component(kind, name, f"broken_components:{name}", f"A valid {kind}.", "acme", "zoo-acme", "1.0")


@pytest.mark.parametrize("check", [check for name in BUILT_IN_PLUGINS for check in component_checks(name)], ids=str)
def test_built_in_components_pass_every_check(check: Check) -> None:
    check()


def test_a_valid_component_meets_every_requirement_of_its_kind() -> None:
    for requirement in REQUIREMENTS["generator"]:
        if requirement.__name__ != "registers_without_importing_torch":  # the component is not registered
            requirement(make_component("ValidGenerator"))


@pytest.mark.parametrize("name", BROKEN_COMPONENTS)
def test_the_error_for_a_broken_component_says_what_to_change(name: str) -> None:
    requirement, advice = BROKEN_COMPONENTS[name]
    component = make_component(name)
    (check,) = [Check(component, r) for r in REQUIREMENTS[component.kind] if r.__name__ == requirement]
    with pytest.raises(ContractError, match=advice):
        check()


def test_the_error_for_an_unknown_plugin_suggests_the_nearest_name() -> None:
    with pytest.raises(ZooError, match="Did you mean 'ccgan'"):
        component_checks("cgan")


def test_a_plugin_without_components_has_nothing_to_check() -> None:
    with pytest.raises(ZooError, match="'plugin-kit' offers no components"):
        component_checks("plugin-kit")


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_default_dataset_returns_valid_images_and_labels(split: Split) -> None:
    images = digits(DatasetRequest(split, 32))
    assert len(images) == len(images.pixels) == len(images.labels)
    pixels = images.pixels.read(torch.tensor([5, 0]))
    assert pixels.shape == (2, images.channels, 32, 32)
    assert pixels.dtype == torch.uint8
    assert images.labels.dtype == torch.int64
    assert 0 <= images.labels.min() <= images.labels.max() < len(images.classes)
