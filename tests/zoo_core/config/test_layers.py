from pathlib import Path

import pytest

from registry import UsageError, ZooError
from zoo_core.config.layers import merge_layers, parse_assignments, read_toml_layer

RECIPE = {"generator": {"name": "unet", "width": 16}, "train": {"lr": 0.1, "steps": 5}}


def test_later_layers_win_option_by_option() -> None:
    result = merge_layers(RECIPE, {"train": {"lr": 0.2}}, {"train": {"lr": 0.3, "seed": 1}})
    assert result["train"] == {"lr": 0.3, "steps": 5, "seed": 1}
    assert result["generator"] == {"name": "unet", "width": 16}


def test_another_component_starts_from_its_own_defaults() -> None:
    assert merge_layers(RECIPE, {"generator": {"name": "dcgan", "depth": 2}})["generator"] == {
        "name": "dcgan",
        "depth": 2,
    }
    assert merge_layers(RECIPE, {"generator": {"name": "unet"}})["generator"] == {"name": "unet", "width": 16}


def test_the_layers_themselves_stay_as_they_are() -> None:
    merge_layers(RECIPE, {"generator": {"name": "dcgan"}})
    assert RECIPE["generator"] == {"name": "unet", "width": 16}


def test_assignments_name_component_and_option() -> None:
    layer = parse_assignments(["generator.width=3", "loss=hinge", "train.lr=1e-3", "data.root=/a=b"])
    assert layer == {
        "generator": {"width": "3"},
        "loss": {"name": "hinge"},
        "train": {"lr": "1e-3"},
        "data": {"root": "/a=b"},
    }


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("generator.width", "'generator.width' is no assignment"),
        ("genrator.width=3", "Unknown component 'genrator'. Did you mean 'generator'"),
    ],
)
def test_what_is_no_assignment_is_named(assignment: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_assignments([assignment])


def test_a_settings_file_has_a_table_for_each_section(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[train]\nlr = 0.5\n[loss]\nname = "hinge"\n')
    assert read_toml_layer(file) == {"train": {"lr": 0.5}, "loss": {"name": "hinge"}}


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), ("lr = ", "cannot be read"), ("lr = 0.5", "'lr' stands outside of a section")],
)
def test_a_settings_file_that_is_none_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ZooError, match=message) as caught:
        read_toml_layer(file)
    assert "mine.toml" in str(caught.value)


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(UsageError, match="Did you mean 'train'"):
        merge_layers({"trian": {}})
