import shlex
from pathlib import Path

import pytest

from registry import UsageError, ZooError
from zoo_core.config.sections import (
    Sections,
    build_training_command,
    merge_sections,
    parse_assignments,
    read_settings_file,
    redact_paths,
)

RECIPE: Sections = {"generator": {"name": "unet", "width": 16}, "train": {"lr": 0.1, "steps": 5}}


def test_later_sections_override_single_options() -> None:
    result = merge_sections(RECIPE, {"train": {"lr": 0.2}}, {"train": {"lr": 0.3, "seed": 1}})
    assert result["train"] == {"lr": 0.3, "steps": 5, "seed": 1}
    assert result["generator"] == {"name": "unet", "width": 16}


def test_another_component_starts_with_its_own_defaults() -> None:
    assert merge_sections(RECIPE, {"generator": {"name": "dcgan", "depth": 2}})["generator"] == {
        "name": "dcgan",
        "depth": 2,
    }
    assert merge_sections(RECIPE, {"generator": {"name": "unet"}})["generator"] == {"name": "unet", "width": 16}


def test_merging_does_not_change_its_arguments() -> None:
    merge_sections(RECIPE, {"generator": {"name": "dcgan"}})
    assert RECIPE["generator"] == {"name": "unet", "width": 16}


def test_assignments_name_component_and_option() -> None:
    sections = parse_assignments(["generator.width=3", "loss=hinge", "train.lr=1e-3", "data.root=/a=b"])
    assert sections == {
        "generator": {"width": "3"},
        "loss": {"name": "hinge"},
        "train": {"lr": "1e-3"},
        "data": {"root": "/a=b"},
    }


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("generator.width", "'generator.width' is not an assignment"),
        ("genrator.width=3", "Unknown component 'genrator'. Did you mean 'generator'"),
    ],
)
def test_an_invalid_assignment_is_named(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_assignments([assignment])


def test_a_settings_file_has_a_table_for_each_section(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[train]\nlr = 0.5\n[loss]\nname = "hinge"\n')
    assert read_settings_file(file) == {"train": {"lr": 0.5}, "loss": {"name": "hinge"}}


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), ("lr = ", "cannot be read"), ("lr = 0.5", "'lr' is not in a section")],
)
def test_an_invalid_settings_file_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ZooError, match=message) as caught:
        read_settings_file(file)
    assert "mine.toml" in str(caught.value)


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(UsageError, match="Did you mean 'train'"):
        merge_sections({"trian": {}})


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
