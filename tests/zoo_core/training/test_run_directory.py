import json
from pathlib import Path
from typing import Any

import pytest
from program import Run

from zoo_core import UsageError, ZooError
from zoo_core.training.run_directory import RUN_FORMAT, RunDirectory, compare_provenance, compare_settings

SETTINGS = {"train": {"lr": 0.1, "steps": 5}}
RUN = {"format": RUN_FORMAT, "settings": SETTINGS}
SPLIT = {"validation": [1, 2]}


def test_a_folder_with_other_files_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="exists and is not a run"), RunDirectory(tmp_path).lock():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_not_used_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(UsageError, match="exists and is not a run"), RunDirectory(tmp_path / "run").lock():
        pass


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ZooError, match=r"file/run cannot be written"), RunDirectory(tmp_path / "file" / "run").lock():
        pass


def test_a_run_that_was_killed_while_starting_can_be_started_again(tmp_path: Path) -> None:
    for name in (".lock", "split.json", "run.json.part"):
        (tmp_path / name).write_text("{")
    (tmp_path / "checkpoints").mkdir()
    directory = RunDirectory(tmp_path)
    with directory.lock():
        assert directory.start(RUN, SPLIT) == []
    assert directory.read_run() == RUN
    assert directory.read_split() == SPLIT


def test_a_run_is_not_resumed_with_other_images(tmp_path: Path) -> None:
    RunDirectory(tmp_path).start(RUN, SPLIT)
    with pytest.raises(UsageError, match="The images have changed"):
        RunDirectory(tmp_path).start(RUN, {"validation": [1, 3]})


def test_only_a_run_with_the_same_settings_and_no_summary_is_unfinished(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert not directory.has_unfinished_run(SETTINGS)
    directory.start(RUN, SPLIT)
    assert directory.has_unfinished_run(SETTINGS)
    assert not directory.has_unfinished_run({"train": {"lr": 0.2, "steps": 5}})
    directory.summary_file.write_text("{}")
    assert not directory.has_unfinished_run(SETTINGS)


def test_reading_a_missing_run_says_how_to_create_one(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"is not a run: it has no run.json. `zoo train RECIPE`"):
        RunDirectory(tmp_path).read_run()


@pytest.mark.parametrize("content", ['{"settings": ', "5", "null"])
def test_a_damaged_run_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ZooError, match=r"run\.json cannot be read"):
        RunDirectory(tmp_path).read_run()


OLD_RUN = (
    "was trained by gan-zoo 0.1.0, whose names of settings differ: install gan-zoo==0.1.0 to use it, or train it again "
    "in a new folder."
)
FORMATS: dict[str, tuple[dict[str, Any], str]] = {
    "0.1.0": ({}, OLD_RUN),
    "newer": ({"format": 3}, "has run format 3; this version reads format 2. Install a newer gan-zoo to use it."),
}


@pytest.mark.parametrize("version", FORMATS)
def test_a_run_in_another_format_is_refused_and_left_as_it_is(tmp_path: Path, version: str) -> None:
    content, message = FORMATS[version]
    (tmp_path / "run.json").write_text(json.dumps(content | {"settings": SETTINGS}))
    (tmp_path / "split.json").write_text(json.dumps(SPLIT))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    directory = RunDirectory(tmp_path)
    for use in (directory.read_run, directory.read_split, lambda: directory.start(RUN, SPLIT)):
        with pytest.raises(ZooError) as error:
            use()
        assert str(error.value) == f"{tmp_path} {message}"
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "command",
    [
        ("train", "ccgan", "--run-dir", "old"),
        ("evaluate", "old"),
        ("inpaint", "old", "image.png", "--output", "filled"),
        ("predict", "old", "image.png"),
        ("sample", "old", "--output", "samples.png"),
        ("export", "old", "exported"),
        ("compare", "old", "old"),
        ("report", "old"),
        ("metrics", "old"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_refuses_a_run_of_version_0_1_0_in_one_sentence(
    zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.delenv("ZOO_DISABLED_PLUGINS")
    (empty / "old").mkdir()
    for name, content in {"run": {"recipe": "ccgan", "settings": SETTINGS}, "split": SPLIT}.items():
        (empty / f"old/{name}.json").write_text(json.dumps(content))
    (empty / "image.png").touch()
    done = zoo(*command)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"zoo: old {OLD_RUN}"
    assert {path.name for path in (empty / "old").iterdir()} == {"run.json", "split.json"}


def test_an_unfinished_run_of_version_0_1_0_is_not_resumed_implicitly(zoo: Run, empty: Path) -> None:
    folder = empty / "runs/ccgan-digits-1"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"recipe": "ccgan", "settings": SETTINGS}))
    done = zoo("train", "ccgan", "--steps", 1, "--width", 2, "--batch-size", 4)
    assert done.returncode == 0, done.stderr
    assert (empty / "runs/ccgan-digits-2/summary.json").exists()


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
