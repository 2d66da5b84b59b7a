"""A mistake of the user gives one or two sentences with the fix, and no traceback; nothing is written."""

import errno
from pathlib import Path

import pytest
from PIL import Image
from program import Run

from zoo_core.training.device import find_accelerator

MISTAKES = {
    "command": ("trian ccgan", 2, ["'trian'", "Did you mean 'train'?"]),
    "recipe": ("train ccgann", 2, ["'ccgann'", "Did you mean 'ccgan'?", "zoo list recipe"]),
    "component": ("train ccgan -o generator=masked-autoencodr", 2, ["Did you mean 'masked-autoencoder'?"]),
    "component kind": ("train ccgan -o genrator.width=3", 2, ["'genrator'", "Did you mean 'generator'?"]),
    "option": ("train ccgan -o generator.widht=3", 2, ["'widht'", "Did you mean 'width'?"]),
    "assignment": ("train ccgan -o generator.width", 2, ["'generator.width' is not an assignment"]),
    "value": ("train ccgan --steps many", 2, ["train.steps cannot be 'many'", "a whole number"]),
    "too many steps": (f"train ccgan --steps {10**400}", 2, ["train.steps", "less than or equal to 1000000000"]),
    "negative": ("train ccgan --lr -1", 2, ["train.lr cannot be '-1'", "greater than 0"]),
    "not a number": ("train ccgan --lr nan", 2, ["train.lr cannot be 'nan'"]),
    "dataset": ("train ccgan --data fashionmnist", 2, ["Did you mean 'fashion-mnist'?"]),
    "folder": ("train ccgan --data ./no/such", 2, ["The folder no/such does not exist"]),
    "size for generator": ("train ccgan --image-size 40", 2, ["40x40", "--image-size 32"]),
    "size for discriminator": ("train ccgan --image-size 16", 2, ["16x16", "--image-size 32"]),
    "mask": ("train ccgan -o loss.mask_size=1.5", 2, ["loss.mask_size cannot be '1.5'", "less than or equal to 1"]),
    "batch": ("train ccgan --batch-size 9999", 2, ["9999", "1167", "--batch-size 1167"]),
    "labels": ("train ccgan --labels 1200", 2, ["1200 labels", "--labels"]),
    "too few labels": ("train ccgan --labels 3", 2, ["are too few for 10 classes", "--labels 10"]),
    "no root": ("train ccgan --data cifar10", 1, ["cifar10", "--data-root DIR"]),
    "settings file": ("train ccgan --config no.toml", 1, ["no.toml"]),
    "run": ("evaluate no/such/run", 1, ["no/such/run is not a run"]),
    "kind": ("list generators", 2, ["Did you mean 'generator'?"]),
    "name": ("show ccgn", 2, ["Did you mean 'ccgan'?"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_a_message_with_the_fix(zoo: Run, empty: Path, mistake: str) -> None:
    command, code, parts = MISTAKES[mistake]
    done = zoo(*command.split())
    assert done.returncode == code
    assert done.stdout == ""
    messages = [line for line in done.stderr.splitlines() if line.startswith("zoo: ")]
    assert len(messages) == 1
    for part in parts:
        assert part in messages[0]
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("device", [name for name in ("cuda", "mps") if name != find_accelerator()])
def test_a_device_that_is_not_available(zoo: Run, empty: Path, device: str) -> None:
    done = zoo("train", "ccgan", "--device", device)
    assert done.returncode == 1
    assert f"'{device}' was requested" in done.stderr
    assert list(empty.iterdir()) == []


def test_an_empty_folder(zoo: Run, empty: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    done = zoo("train", "ccgan", "--data", tmp_path / "photos")
    assert done.returncode == 1
    assert f"The folder {tmp_path / 'photos'} has no image files" in done.stderr
    assert list(empty.iterdir()) == []


def test_a_file_instead_of_a_folder(zoo: Run, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "one.png")
    done = zoo("train", "ccgan", "--data", tmp_path / "one.png")
    assert done.returncode == 2
    assert "is a file. Name a folder of images" in done.stderr


def test_an_unknown_flag(zoo: Run) -> None:
    done = zoo("train", "ccgan", "--stps", 3)
    assert done.returncode == 2
    assert "Did you mean '--steps'" in done.stderr


def test_a_run_folder_with_other_content(zoo: Run, empty: Path) -> None:
    (empty / "thesis").mkdir()
    (empty / "thesis" / "text.txt").write_text("Chapter 1")
    done = zoo("train", "ccgan", "--steps", 1, "--run-dir", "thesis")
    assert done.returncode == 2
    assert "thesis exists and is not a run" in done.stderr
    assert [path.name for path in (empty / "thesis").iterdir()] == ["text.txt"]


def test_an_error_in_a_plugin_gives_one_message_with_its_location(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ccgan_plugin import RecAdvAux

    def generate(*arguments: object) -> None:
        raise IndexError("too far")

    monkeypatch.setattr(RecAdvAux, "generate", generate)
    done = zoo("train", "ccgan", "--steps", 1)
    assert done.returncode == 1
    assert "zoo: Stopped by IndexError: too far (test_wrong_input.py, line" in done.stderr
    assert "`zoo check-plugin NAME`" in done.stderr
    monkeypatch.setenv("ZOO_STRICT_PLUGINS", "1")
    with pytest.raises(IndexError):
        zoo("train", "ccgan", "--steps", 1)


def test_a_closed_pipe_is_not_an_error_message(zoo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_broken_pipe(*arguments: object, **options: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("zoo_core.cli.list.print_table", raise_broken_pipe)
    done = zoo("list")
    assert done.returncode == 1
    assert done.stderr == ""


def test_a_separate_process_prints_no_traceback(process: Run, empty: Path) -> None:
    done = process("train", "ccgan", "--image-size", 40)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--image-size 32" in done.stderr
    assert list(empty.iterdir()) == []
