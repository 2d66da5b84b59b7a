import json
from pathlib import Path

import pytest

from zoo_core import UsageError, ZooError
from zoo_core.training.run_directory import RunDirectory, StepLog, compare_provenance

RUN = {"settings": {"train": {"lr": 0.1, "steps": 5}}}
SPLIT = {"validation": [1, 2]}


def test_a_folder_with_other_files_is_never_used(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="exists and is not a run"), RunDirectory(tmp_path).locked():
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(UsageError, match="exists and is not a run"), RunDirectory(tmp_path / "run").locked():
        pass


def test_other_images_than_at_the_start_are_noticed(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "run")
    with directory.lock():
        directory.start(RUN, SPLIT)
    with pytest.raises(UsageError, match="The images are not those"):
        RunDirectory(tmp_path / "run").start(RUN, {"validation": [1, 3]})


def test_a_run_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"is not a run: it holds no run.json. `zoo train RECIPE`"):
        RunDirectory(tmp_path).read_run()


def test_a_damaged_run_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"settings": ')
    with pytest.raises(ZooError, match=r"run\.json cannot be read"):
        RunDirectory(tmp_path).read_run()


def test_another_version_of_a_plugin_is_told() -> None:
    def run(version: str) -> dict[str, object]:
        part = {"plugin": "acme", "name": "hinge", "distribution": "zoo-acme", "version": version}
        return {"components": {"loss": part}, "versions": {"torch": "2.10"}}

    assert compare_provenance(run("1.0"), run("1.0")) == []
    assert compare_provenance(run("1.0"), run("1.1")) == [
        "The loss acme:hinge was from zoo-acme 1.0 when the run was started, now it is from zoo-acme 1.1."
    ]


def test_the_metrics_log_is_rewound_to_where_a_run_goes_on(tmp_path: Path) -> None:
    log = StepLog(tmp_path / "metrics.jsonl")
    for step in (1, 2, 3):
        log.add(step, {"loss": step / 2})
    with open(log.path, "a") as file:
        file.write('{"step": 4, "lo')
    log.rewind(2)
    assert [json.loads(line) for line in log.path.read_text().splitlines()] == [
        {"step": 1, "loss": 0.5},
        {"step": 2, "loss": 1.0},
    ]


def test_what_a_run_leaves_that_was_killed_at_its_very_start_is_no_obstacle(tmp_path: Path) -> None:
    for name in (".lock", "split.json", "run.json.part"):
        (tmp_path / name).write_text("{")
    (tmp_path / "checkpoints").mkdir()
    directory = RunDirectory(tmp_path)
    with directory.lock():
        assert directory.start(RUN, SPLIT) == []
    assert directory.read_run() == RUN
    assert directory.read_split() == SPLIT


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ZooError, match=r"file/run cannot be written"), RunDirectory(tmp_path / "file" / "run").locked():
        pass


@pytest.mark.parametrize("line", ['{"step": 1,}', "5", '{"loss": 1.0}', "[]"])
def test_a_damaged_log_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(f'{{"step": 1, "loss": 1.0}}\n{line}\n')
    with pytest.raises(ZooError, match=r"metrics\.jsonl cannot be read"):
        StepLog(tmp_path / "metrics.jsonl").lines()
