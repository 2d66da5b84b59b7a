import pytest

from registry import Component, ZooError


def component(target: str) -> Component:
    return Component("loss", "thing", target, "A thing.", "acme", "zoo-acme", "1.2")


def test_load_imports_the_target() -> None:
    from collections import OrderedDict

    assert component("collections:OrderedDict").load() is OrderedDict


@pytest.mark.parametrize("target", ["no.such.module:Thing", "collections:NoSuchThing"])
def test_the_error_for_a_missing_target_names_the_distribution_and_how_to_disable_the_plugin(target: str) -> None:
    with pytest.raises(ZooError, match=r"'acme:thing' of zoo-acme 1\.2 .*ZOO_DISABLED_PLUGINS=acme"):
        component(target).load()
