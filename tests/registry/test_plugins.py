"""Plugins that are installed in a folder, loaded as those in site-packages are."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from site_folder import BROKEN, VALID, Site

from registry import UsageError

Install = Callable[..., None]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    for module in set(sys.modules) - before:
        del sys.modules[module]


def test_a_valid_plugin_is_loaded_with_its_origin(site: Site) -> None:
    site.install("acme", VALID)
    plugins = site.load()
    record = plugins.records[0].as_dict()
    assert record.pop("seconds") < 1
    assert record == {
        "name": "acme",
        "distribution": "zoo-acme",
        "version": "2.5",
        "status": "loaded",
        "reason": "",
        "hooks": ["register_components"],
        "components": ["loss hinge"],
    }
    assert plugins.catalogue.find("loss", "hinge").distribution == "zoo-acme"


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_plugin_is_shown_as_failed_and_does_not_affect_others(site: Site, defect: str) -> None:
    source, reason = BROKEN[defect]
    site.install("acme", VALID)
    site.install("broken", source)
    site.install("zebra", VALID.replace("hinge", "stripes"))
    plugins = site.load()
    assert [(record.name, record.status) for record in plugins.records] == [
        ("acme", "loaded"),
        ("broken", "failed"),
        ("zebra", "loaded"),
    ]
    failed = plugins.records[1]
    assert failed.distribution == "zoo-broken"
    assert "\n" not in failed.reason
    assert re.search(reason, failed.reason), failed.reason
    assert [component.name for component in plugins.catalogue] == ["hinge", "stripes"]


def test_an_entry_point_to_a_missing_attribute_fails(site: Site) -> None:
    site.install("acme", VALID, target="acme.nowhere")
    assert site.load().records[0].status == "failed"


def test_the_second_of_two_plugins_with_the_same_name_fails(site: Site) -> None:
    site.install("first", VALID, name="twin", distribution="a-dist")
    site.install("second", VALID, name="twin", distribution="b-dist")
    records = site.load().records
    assert [(record.distribution, record.status) for record in records] == [("a-dist", "loaded"), ("b-dist", "failed")]
    assert "another distribution has a plugin named 'twin'" in records[1].reason


def test_a_component_name_of_two_plugins_is_ambiguous_without_the_plugin_name(site: Site) -> None:
    site.install("acme", VALID)
    site.install("zebra", VALID)
    catalogue = site.load().catalogue
    assert catalogue.find("loss", "zebra:hinge").plugin == "zebra"
    with pytest.raises(UsageError, match="acme:hinge, zebra:hinge"):
        catalogue.find("loss", "hinge")


def test_plugins_can_be_selected_and_disabled(site: Site) -> None:
    site.install("acme", VALID)
    site.install("zebra", VALID)
    only = site.load(ZOO_PLUGINS="zebra").records
    without = site.load(ZOO_DISABLED_PLUGINS="zebra").records
    assert [(r.status, r.reason) for r in only] == [("disabled", "left out by ZOO_PLUGINS"), ("loaded", "")]
    assert [(r.status, r.reason) for r in without] == [("loaded", ""), ("disabled", "left out by ZOO_DISABLED_PLUGINS")]


def test_selecting_a_plugin_that_is_not_installed_is_an_error(site: Site) -> None:
    site.install("acme", VALID)
    with pytest.raises(UsageError, match=r"Unknown plugin in ZOO_PLUGINS 'acne'. Did you mean 'acme'"):
        site.load(ZOO_PLUGINS="acne")


def test_strict_mode_raises_the_error_of_the_plugin(site: Site) -> None:
    site.install("broken", "import no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        site.load(ZOO_STRICT_PLUGINS="1")
