import pytest

from registry import Catalogue, Component, UsageError


def component(kind: str, name: str, plugin: str = "ccgan") -> Component:
    return Component(kind, name, "package.module:Thing", "A thing.", plugin, f"{plugin}-dist", "1.0")


@pytest.fixture
def offered() -> Catalogue:
    return Catalogue(
        [
            component("recipe", "ccgan"),
            component("generator", "unet"),
            component("generator", "unet", "other"),
            component("generator", "masked-autoencoder"),
        ]
    )


def test_find_takes_a_bare_name(offered: Catalogue) -> None:
    assert offered.find("generator", "masked-autoencoder").plugin == "ccgan"


def test_find_takes_plugin_and_name(offered: Catalogue) -> None:
    assert offered.find("generator", "other:unet").distribution == "other-dist"


def test_a_name_that_two_plugins_offer_raises_and_lists_both(offered: Catalogue) -> None:
    with pytest.raises(UsageError, match=r"Write one of: ccgan:unet, other:unet\."):
        offered.find("generator", "unet")


def test_a_misspelt_name_gets_the_nearest_one(offered: Catalogue) -> None:
    with pytest.raises(UsageError, match=r"Unknown recipe 'ccgn'. Did you mean 'ccgan'\?"):
        offered.find("recipe", "ccgn")


def test_a_misspelt_qualified_name_gets_the_nearest_qualified_one(offered: Catalogue) -> None:
    with pytest.raises(UsageError, match="Did you mean 'other:unet'"):
        offered.find("generator", "other:unt")


def test_an_unknown_kind_lists_the_kinds(offered: Catalogue) -> None:
    with pytest.raises(UsageError, match="Did you mean 'generator'"):
        offered.of_kind("generators")


def test_named_finds_every_kind(offered: Catalogue) -> None:
    assert [c.qualified_name for c in offered.named("unet")] == ["ccgan:unet", "other:unet"]
