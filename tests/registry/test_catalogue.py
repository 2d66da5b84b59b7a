import pytest

from registry import Catalogue, Component, UsageError


def component(kind: str, name: str, plugin: str = "ccgan") -> Component:
    return Component(kind, name, "package.module:Thing", "A thing.", plugin, f"{plugin}-dist", "1.0")


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        [
            component("recipe", "ccgan"),
            component("generator", "unet"),
            component("generator", "unet", "other"),
            component("generator", "masked-autoencoder"),
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
