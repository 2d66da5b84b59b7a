"""`zoo list`, `show`, `plugins` and `doctor`."""

import json
import os
import sys
from importlib.metadata import version

import pytest
from program import Run

from zoo_core.cli.main import COMMANDS


def test_list_shows_every_component_of_ccgan_with_its_origin(zoo: Run) -> None:
    lines = zoo("list").stdout.splitlines()
    for kind, name in (
        ("generator", "masked-autoencoder"),
        ("discriminator", "dual-head-patchgan"),
        ("loss", "rec-adv-aux"),
        ("dataset", "digits"),
        ("recipe", "ccgan"),
        ("recipe", "context-encoder"),
    ):
        (line,) = [line for line in lines if line.split()[:2] == [kind, name]]
        assert f"(gan-zoo {version('gan-zoo')})" in line


def test_list_as_json_contains_the_origin_of_every_component(zoo: Run) -> None:
    components = json.loads(zoo("list", "--json").stdout)
    fields = {"kind", "name", "plugin", "distribution", "version", "summary"}
    assert all(fields <= set(component) for component in components)
    ccgan = next(component for component in components if (component["kind"], component["name"]) == ("recipe", "ccgan"))
    assert (ccgan["plugin"], ccgan["distribution"]) == ("ccgan", "gan-zoo")


def test_list_can_be_restricted_to_one_kind(zoo: Run) -> None:
    assert {component["kind"] for component in json.loads(zoo("list", "loss", "--json").stdout)} == {"loss"}


def test_plugins_as_json_shows_hooks_and_components(zoo: Run) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(zoo("plugins", "--json").stdout)}
    assert {"ccgan", "data"} <= set(plugins)
    assert plugins["ccgan"]["status"] == "loaded"
    assert plugins["ccgan"]["hooks"] == ["register_components"]
    assert "recipe ccgan" in plugins["ccgan"]["components"]


def test_a_disabled_plugin_is_listed_but_its_components_are_not(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "ccgan")
    assert "left out by ZOO_DISABLED_PLUGINS" in zoo("plugins").stdout
    assert "masked-autoencoder" not in zoo("list").stdout
    assert "Unknown recipe 'ccgan'" in zoo("train", "ccgan").stderr


def test_show_describes_options_and_recipes(zoo: Run) -> None:
    discriminator = zoo("show", "dual-head-patchgan").stdout
    assert "none | batch | instance | group" in discriminator
    assert "Fraction of the features" in discriminator
    recipe = zoo("show", "ccgan").stdout
    assert "ccgan:masked-autoencoder" in recipe
    for row in (
        "train.beta1 float >= 0 < 1 0.5 Adam's",
        "data.labels int >= 0 | all | path | none none Training images that keep their label",
        "loss.w_rec",
    ):
        assert row in " ".join(recipe.split())
    (loss,) = json.loads(zoo("show", "ccgan:rec-adv-aux", "--json").stdout)
    assert {"w_rec", "w_adv", "w_aux"} <= {option["name"] for option in loss["options"]}


def test_doctor_finds_no_problem_on_this_machine(zoo: Run) -> None:
    done = zoo("doctor", "--json")
    assert done.returncode == 0
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert set(findings) == {"python", "torch", "torchvision", "device", "disk", "cache", "plugins"}
    assert findings["cache"]["detail"].endswith(f"decoded images in {os.environ['ZOO_CACHE']}")
    assert all(finding["ok"] for finding in findings.values())


def test_doctor_reports_a_problem_and_exits_with_status_1(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)  # as if importing it failed
    done = zoo("doctor")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("torchvision")]
    assert "FAILED" in line
    assert "Reinstall torch and torchvision together" in line


def test_every_command_has_help_and_is_listed_in_the_overview(zoo: Run) -> None:
    overview = zoo("--help").stdout
    for command in COMMANDS:
        assert command in overview
        assert zoo(command, "--help").stdout.startswith(f"Usage: zoo {command}")


def test_train_has_a_flag_for_each_common_setting_with_the_description_of_the_schema(zoo: Run) -> None:
    text = " ".join(zoo("train", "--help").stdout.split())
    assert "--batch-size VALUE Images per step." in text
    assert "--labels VALUE Training images that keep their label: a number, all, or a file" in text


def test_the_version_is_that_of_the_distribution(zoo: Run) -> None:
    assert zoo("--version").stdout.strip() == f"zoo, version {version('gan-zoo')}"
