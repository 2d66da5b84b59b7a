from typing import Any

import pytest

from zoo_core.training.run_differences import compare_provenance, compare_settings


def run(**train: Any) -> dict[str, Any]:
    return {"settings": {"loss": {"name": "hinge"}, "train": train}}


def test_each_differing_setting_is_named_with_both_values() -> None:
    assert compare_settings(run(lr=0.1, seed=0), run(lr=0.2, seed=0, shift=0.5)) == [
        "The run uses train.lr=0.1; 0.2 was requested.",
        "The run uses train.shift=None; 0.5 was requested.",
    ]


@pytest.mark.parametrize(
    ("settings", "may_differ"), [({}, True), ({"schedule": "cosine"}, False), ({"finetune_steps": 2}, False)]
)
def test_the_number_of_steps_may_differ_unless_the_steps_depend_on_it(
    settings: dict[str, Any], may_differ: bool
) -> None:
    assert (compare_settings(run(steps=5, **settings), run(steps=8, **settings)) == []) == may_differ


def test_another_version_of_a_plugin_is_reported() -> None:
    def describe(version: str) -> dict[str, object]:
        part = {"plugin": "acme", "name": "hinge", "distribution": "zoo-acme", "version": version}
        return {"components": {"loss": part}, "versions": {"torch": "2.10"}}

    assert compare_provenance(describe("1.0"), describe("1.0")) == []
    assert compare_provenance(describe("1.0"), describe("1.1")) == [
        "The loss acme:hinge was from zoo-acme 1.0 when the run was started; it is from zoo-acme 1.1 now."
    ]
