import json
from pathlib import Path

import pytest

from registry import UsageError
from zoo_core.cli.train import choose_run_dir

SETTINGS = {"train": {"lr": 0.1}}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def started(name: str, lr: float, finished: bool = False) -> None:
    folder = Path("runs", name)
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"settings": {"train": {"lr": lr}}}))
    if finished:
        (folder / "summary.json").write_text("{}")


def chosen(resume: bool = True, asked: Path | None = None) -> str:
    return choose_run_dir(asked, "ccgan-digits", SETTINGS, resume).name


def test_the_first_free_number_is_taken() -> None:
    assert chosen() == "ccgan-digits-1"
    started("ccgan-digits-1", lr=0.1, finished=True)
    assert chosen() == "ccgan-digits-2"


def test_an_unfinished_run_of_the_same_settings_goes_on() -> None:
    started("ccgan-digits-1", lr=0.2)
    started("ccgan-digits-2", lr=0.1)
    assert chosen() == "ccgan-digits-2"
    assert chosen(resume=False) == "ccgan-digits-3"


def test_a_folder_that_was_asked_for_is_taken_unless_it_holds_a_run_not_to_be_resumed() -> None:
    started("mine", lr=0.1)
    assert chosen(asked=Path("runs/mine")) == "mine"
    with pytest.raises(UsageError, match=r"holds a run. Leave `--no-resume` out"):
        chosen(asked=Path("runs/mine"), resume=False)
