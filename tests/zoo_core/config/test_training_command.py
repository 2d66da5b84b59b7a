import shlex

from zoo_core.config.sections import Sections, parse_assignments
from zoo_core.config.training_command import build_training_command, redact_paths

SETTINGS: Sections = {
    "data": {"name": "data:folder", "root": "/home/me/my photos", "labels": "/home/me/split.json", "validation": None},
    "generator": {"name": "ccgan:masked-autoencoder", "width": 16},
    "train": {"lr": 0.001, "horizontal_flip": None},
}


def test_the_command_selects_every_component_and_sets_every_option() -> None:
    zoo, train, recipe, *options = shlex.split(build_training_command("ccgan", SETTINGS))
    assert (zoo, train, recipe) == ("zoo", "train", "ccgan")
    assert set(options[::2]) == {"-o"}
    assert parse_assignments(options[1::2]) == {
        "data": {"name": "data:folder", "root": "/home/me/my photos", "labels": "/home/me/split.json"},
        "generator": {"name": "ccgan:masked-autoencoder", "width": "16"},
        "train": {"lr": "0.001"},
    }


def test_components_are_selected_before_their_options_are_set() -> None:
    _, *assignments = build_training_command("ccgan", SETTINGS).split(" -o ")
    assert assignments[:2] == ["data=data:folder", "generator=ccgan:masked-autoencoder"]


def test_paths_are_replaced() -> None:
    redacted = redact_paths(SETTINGS)
    assert redacted["data"] == {**SETTINGS["data"], "root": "DIR", "labels": "FILE"}
    assert redacted["train"] == SETTINGS["train"]


def test_settings_without_paths_stay_unchanged() -> None:
    settings: Sections = {"data": {"name": "data:digits", "root": None, "labels": "all"}}
    assert redact_paths(settings) == settings
