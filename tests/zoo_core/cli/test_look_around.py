"""`zoo list`, `show`, `plugins` and `doctor`."""

import json
import os
from importlib.metadata import version

import pytest
from program import Run

from zoo_core.cli.main import COMMANDS


def test_list_names_every_part_of_ccgan_with_its_origin(zoo: Run) -> None:
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


def test_list_as_json_carries_the_origin_of_everything(zoo: Run) -> None:
    listed = json.loads(zoo("list", "--json").stdout)
    assert all({"kind", "name", "plugin", "distribution", "version", "summary"} <= set(part) for part in listed)
    ccgan = next(part for part in listed if (part["kind"], part["name"]) == ("recipe", "ccgan"))
    assert (ccgan["plugin"], ccgan["distribution"]) == ("ccgan", "gan-zoo")


def test_list_can_be_narrowed_to_a_kind(zoo: Run) -> None:
    assert {part["kind"] for part in json.loads(zoo("list", "loss", "--json").stdout)} == {"loss"}


def test_plugins_as_json(zoo: Run) -> None:
    plugins = {plugin["name"]: plugin for plugin in json.loads(zoo("plugins", "--json").stdout)}
    assert {"ccgan", "data"} <= set(plugins)
    assert plugins["ccgan"]["status"] == "loaded"
    assert plugins["ccgan"]["hooks"] == ["register_components"]
    assert "recipe ccgan" in plugins["ccgan"]["components"]


def test_a_plugin_that_is_left_out_is_shown_and_what_it_offered_is_gone(
    zoo: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "ccgan")
    assert "left out by ZOO_DISABLED_PLUGINS" in zoo("plugins").stdout
    assert "masked-autoencoder" not in zoo("list").stdout
    assert "Unknown recipe 'ccgan'" in zoo("train", "ccgan").stderr


def test_show_describes_options_and_recipes(zoo: Run) -> None:
    critic = zoo("show", "dual-head-patchgan").stdout
    assert "none | batch | instance | group" in critic
    assert "Share of features left out" in critic
    recipe = zoo("show", "ccgan").stdout
    assert "ccgan:masked-autoencoder" in recipe
    for row in (
        "train.beta1 float >= 0 < 1 0.5 Adam's",
        "data.labels int >= 0 | all | path | none none How many",
        "loss.w_rec",
    ):
        assert row in " ".join(recipe.split())
    (shown,) = json.loads(zoo("show", "ccgan:rec-adv-aux", "--json").stdout)
    assert {"w_rec", "w_adv", "w_aux"} <= {option["name"] for option in shown["options"]}


def test_doctor_finds_this_machine_in_order(zoo: Run) -> None:
    done = zoo("doctor", "--json")
    assert done.returncode == 0
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert set(findings) == {"python", "torch", "torchvision", "device", "disk", "cache", "plugins"}
    assert findings["cache"]["detail"].endswith(f"prepared images in {os.environ['ZOO_CACHE']}")
    assert all(finding["ok"] for finding in findings.values())


def test_doctor_says_what_is_wrong_and_exits_with_one(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torchvision", None)  # as if importing it failed
    done = zoo("doctor")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("torchvision")]
    assert "WRONG" in line
    assert "as a pair" in line


def test_every_command_has_help_and_the_overview_names_them_all(zoo: Run) -> None:
    overview = zoo("--help").stdout
    for command in COMMANDS:
        assert command in overview
        assert zoo(command, "--help").stdout.startswith(f"Usage: zoo {command}")


def test_train_has_a_flag_for_each_common_setting_with_the_schemas_own_words(zoo: Run) -> None:
    text = " ".join(zoo("train", "--help").stdout.split())
    assert "--batch-size VALUE Images in a step." in text
    assert "--labels VALUE How many training images keep their label" in text


def test_the_version_is_the_distributions(zoo: Run) -> None:
    assert zoo("--version").stdout.strip() == f"zoo, version {version('gan-zoo')}"
