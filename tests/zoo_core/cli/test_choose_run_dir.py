import json
from pathlib import Path

import pytest

from registry import UsageError
from zoo_core.cli.train import choose_run_dir

SETTINGS = {"train": {"lr": 0.1}}


@pytest.fixture(autouse=True)
def _change_to_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_run(name: str, lr: float, finished: bool = False) -> None:
    folder = Path("runs", name)
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"format": 2, "settings": {"train": {"lr": lr}}}))
    if finished:
        (folder / "summary.json").write_text("{}")


def choose(resume: bool = True, requested: Path | None = None) -> str:
    return choose_run_dir(requested, "ccgan-digits", SETTINGS, resume).name


def test_a_new_run_gets_the_first_free_number() -> None:
    assert choose() == "ccgan-digits-1"
    write_run("ccgan-digits-1", lr=0.1, finished=True)
    assert choose() == "ccgan-digits-2"


def test_an_unfinished_run_with_the_same_settings_is_resumed() -> None:
    write_run("ccgan-digits-1", lr=0.2)
    write_run("ccgan-digits-2", lr=0.1)
    assert choose() == "ccgan-digits-2"
    assert choose(resume=False) == "ccgan-digits-3"


def test_a_requested_folder_is_used_unless_it_has_a_run_that_must_not_be_resumed() -> None:
    write_run("mine", lr=0.1)
    assert choose(requested=Path("runs/mine")) == "mine"
    with pytest.raises(UsageError, match=r"contains a run. Omit `--no-resume`"):
        choose(requested=Path("runs/mine"), resume=False)
