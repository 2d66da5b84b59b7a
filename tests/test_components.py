"""The contract, held against every component of the zoo's own plugins, and against components that break it."""

import pytest
import torch

from registry import Component, ZooError
from zoo_core import DatasetRequest, digits
from zoo_core.plugin_kit.checks import Check, ContractError, component_checks, demands

OWN = ("ccgan", "data")
BROKEN = {
    "NoGenerator": ("is_what_its_kind_says", "a class that extends zoo_core.Generator"),
    "Undocumented": ("documents_its_options", "Describe 'width' in the Args section"),
    "NotAnnotated": ("documents_its_options", "Annotate every keyword-only option"),
    "Positional": ("documents_its_options", r"Write '\*' in front of the options width"),
    "OtherWords": ("begins_its_documentation_with_its_summary", "Begin the docstring .* with 'A sound generator.'"),
    "Incapable": ("makes_images", "a capability: a method inpaint"),
    "WrongShape": ("makes_images", r"Make images of shape \(4, 3, 32, 32\).*not \(4, 3, 16, 32\)"),
    "OutOfRange": ("makes_images", "in \\[-1, 1\\]"),
    "Idle": ("lets_gradients_reach_every_weight", "unused.weight, unused.bias"),
    "Moody": ("is_the_same_for_the_same_seed_and_can_be_restored", "draw noise from `random`"),
    "OnItsOwnDevice": ("can_be_built_without_memory", "Do not name a device when you make scale"),
    "Picky": ("makes_images", "it refused all"),
    "Anonymous": ("gives_logits", "Return zoo_core.Logits"),
    "Squashed": ("gives_logits", r"validity logits \(N, 1\)"),
}


def part(name: str) -> Component:
    kind = "discriminator" if name in ("Anonymous", "Squashed") else "generator"
    return Component(kind, name, f"broken_parts:{name}", f"A sound {kind}.", "acme", "zoo-acme", "1.0")


@pytest.mark.parametrize("check", [check for plugin in OWN for check in component_checks(plugin)], ids=str)
def test_the_zoos_own_components_keep_the_contract(check: Check) -> None:
    check()


def test_a_sound_component_passes_every_check_of_its_kind() -> None:
    for demand in demands.DEMANDS["generator"]:
        if demand is not demands.is_registered_without_torch:  # it is not registered at all
            demand(part("Sound"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_component_is_told_what_to_change(name: str) -> None:
    demand, change = BROKEN[name]
    with pytest.raises(ContractError, match=change):
        getattr(demands, demand)(part(name))


def test_a_plugin_that_is_not_there_gets_the_nearest_name() -> None:
    with pytest.raises(ZooError, match="Did you mean 'ccgan'"):
        component_checks("cgan")


def test_a_plugin_without_components_has_nothing_to_check() -> None:
    with pytest.raises(ZooError, match="'authors' offers no components"):
        component_checks("authors")


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_default_data_set_keeps_the_contract(split: str) -> None:
    images = digits(DatasetRequest(split, 32))  # type: ignore[arg-type]
    assert len(images) == len(images.pixels) == len(images.labels)
    pixels = images.pixels.read(torch.tensor([5, 0]))
    assert pixels.shape == (2, images.channels, 32, 32)
    assert pixels.dtype == torch.uint8
    assert images.labels.dtype == torch.int64
    assert 0 <= images.labels.min() <= images.labels.max() < len(images.classes)
