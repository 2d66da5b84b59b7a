"""Real packages in a real site folder, loaded as installed plugins are."""

import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from site_folder import BROKEN, SOUND, Site

from registry import UsageError

Install = Callable[..., None]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    for module in set(sys.modules) - before:
        del sys.modules[module]


def test_a_sound_plugin_is_loaded_with_its_origin(site: Site) -> None:
    site.install("acme", SOUND)
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


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_is_shown_as_failed_and_disturbs_nobody(site: Site, fault: str) -> None:
    source, reason = BROKEN[fault]
    site.install("acme", SOUND)
    site.install("broken", source)
    site.install("zebra", SOUND.replace("hinge", "stripes"))
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


def test_an_entry_point_to_nothing_fails(site: Site) -> None:
    site.install("acme", SOUND, target="acme.nowhere")
    assert site.load().records[0].status == "failed"


def test_two_plugins_of_one_name_the_second_fails(site: Site) -> None:
    site.install("first", SOUND, name="twin", distribution="a-dist")
    site.install("second", SOUND, name="twin", distribution="b-dist")
    records = site.load().records
    assert [(record.distribution, record.status) for record in records] == [("a-dist", "loaded"), ("b-dist", "failed")]
    assert "another distribution has a plugin named 'twin'" in records[1].reason


def test_one_name_from_two_plugins_is_ambiguous_but_reachable(site: Site) -> None:
    site.install("acme", SOUND)
    site.install("zebra", SOUND)
    catalogue = site.load().catalogue
    assert catalogue.find("loss", "zebra:hinge").plugin == "zebra"
    with pytest.raises(UsageError, match="acme:hinge, zebra:hinge"):
        catalogue.find("loss", "hinge")


def test_a_plugin_that_prints_is_remarked_and_kept_off_standard_output(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("acme", "print('hello from acme')\n" + textwrap.dedent(SOUND))
    record = site.load().records[0]
    assert record.status == "loaded"
    assert "printed while loading: 'hello from acme'" in record.reason
    assert capsys.readouterr().out == ""


def test_a_slow_plugin_is_named_as_slow(site: Site) -> None:
    site.install("acme", "import time\ntime.sleep(1.1)\n" + textwrap.dedent(SOUND))
    assert site.load().records[0].reason.startswith("slow: took 1.")


def test_plugins_can_be_chosen_and_left_out(site: Site) -> None:
    site.install("acme", SOUND)
    site.install("zebra", SOUND)
    only = site.load(ZOO_PLUGINS="zebra").records
    without = site.load(ZOO_DISABLED_PLUGINS="zebra").records
    assert [(r.status, r.reason) for r in only] == [("disabled", "left out by ZOO_PLUGINS"), ("loaded", "")]
    assert [(r.status, r.reason) for r in without] == [("loaded", ""), ("disabled", "left out by ZOO_DISABLED_PLUGINS")]


def test_choosing_a_plugin_that_is_not_installed_is_an_error(site: Site) -> None:
    site.install("acme", SOUND)
    with pytest.raises(UsageError, match=r"Unknown plugin in ZOO_PLUGINS 'acne'. Did you mean 'acme'"):
        site.load(ZOO_PLUGINS="acne")


def test_strict_mode_raises_the_plugins_own_error(site: Site) -> None:
    site.install("broken", "import no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        site.load(ZOO_STRICT_PLUGINS="1")
