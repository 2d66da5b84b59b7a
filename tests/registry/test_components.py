"""Components: loading their targets, registering them, and finding them by name."""

import pytest

from registry import KINDS, Catalogue, Component, Register, UsageError, ZooError


def make_loss(target: str) -> Component:
    return Component("loss", "thing", target, "A thing.", "acme", "zoo-acme", "1.2")


def test_load_imports_the_target() -> None:
    from collections import OrderedDict

    assert make_loss("collections:OrderedDict").load() is OrderedDict


@pytest.mark.parametrize("target", ["no.such.module:Thing", "collections:NoSuchThing"])
def test_the_error_for_a_missing_target_names_the_distribution_and_how_to_disable_the_plugin(target: str) -> None:
    with pytest.raises(ZooError, match=r"'acme:thing' of zoo-acme 1\.2 .*ZOO_DISABLED_PLUGINS=acme"):
        make_loss(target).load()


@pytest.fixture
def register() -> Register:
    return Register("acme", "zoo-acme", "1.2")


def test_there_is_one_method_for_each_kind(register: Register) -> None:
    for kind in KINDS:
        getattr(register, kind)("thing", "acme.things:Thing", "A thing.")
    assert [component.kind for component in register.components] == list(KINDS)


def test_components_state_their_origin(register: Register) -> None:
    register.loss("hinge", "acme.loss:Hinge", "Hinge loss.")
    assert register.components[0].as_dict() == {
        "kind": "loss",
        "name": "hinge",
        "target": "acme.loss:Hinge",
        "summary": "Hinge loss.",
        "plugin": "acme",
        "distribution": "zoo-acme",
        "version": "1.2",
    }


@pytest.mark.parametrize(
    ("name", "target", "summary", "message"),
    [
        ("Hinge Loss", "acme.loss:Hinge", "Hinge.", "lower-case"),
        ("hinge", "acme.loss.Hinge", "Hinge.", "package.module:Class"),
        ("hinge", "acme.loss:Hinge", "", "summary of one line"),
        ("hinge", "acme.loss:Hinge", "Two\nlines.", "summary of one line"),
    ],
)
def test_an_invalid_registration_is_refused(
    register: Register, name: str, target: str, summary: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        register.loss(name, target, summary)


def test_a_name_can_be_registered_once_per_kind(register: Register) -> None:
    register.loss("hinge", "acme.loss:Hinge", "Hinge.")
    register.recipe("hinge", "acme.recipes:HINGE", "Hinge.")
    with pytest.raises(ValueError, match="loss 'hinge' is registered twice"):
        register.loss("hinge", "acme.loss:Other", "Other.")


def make_component(kind: str, name: str, plugin: str = "ccgan") -> Component:
    return Component(kind, name, "package.module:Thing", "A thing.", plugin, f"{plugin}-dist", "1.0")


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        [
            make_component("recipe", "ccgan"),
            make_component("generator", "unet"),
            make_component("generator", "unet", "other"),
            make_component("generator", "masked-autoencoder"),
        ]
    )


def test_find_accepts_a_bare_name(catalogue: Catalogue) -> None:
    assert catalogue.find("generator", "masked-autoencoder").plugin == "ccgan"


def test_find_accepts_a_name_with_its_plugin(catalogue: Catalogue) -> None:
    assert catalogue.find("generator", "other:unet").distribution == "other-dist"


def test_a_name_of_two_plugins_is_refused_and_both_are_listed(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match=r"Write one of: ccgan:unet, other:unet\."):
        catalogue.find("generator", "unet")


def test_the_nearest_name_is_suggested_for_a_misspelt_one(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match=r"Unknown recipe 'ccgn'. Did you mean 'ccgan'\?"):
        catalogue.find("recipe", "ccgn")


def test_the_nearest_qualified_name_is_suggested_for_a_misspelt_one(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match="Did you mean 'other:unet'"):
        catalogue.find("generator", "other:unt")


def test_the_nearest_kind_is_suggested_for_an_unknown_one(catalogue: Catalogue) -> None:
    with pytest.raises(UsageError, match="Did you mean 'generator'"):
        catalogue.filter_by_kind("generators")


def test_find_all_returns_the_components_of_all_plugins_with_a_name(catalogue: Catalogue) -> None:
    assert [c.qualified_name for c in catalogue.find_all("unet")] == ["ccgan:unet", "other:unet"]
