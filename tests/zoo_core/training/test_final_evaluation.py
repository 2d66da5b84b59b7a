"""What is in the folder of a run after its last step."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from program import Run
from tiny_gan import TinyClassLoss

from zoo_core import Trainer

MakeTrainer = Callable[..., Trainer]
SMALL = ("train", "ccgan", "--width", 2, "--batch-size", 8, "--steps", 4, "--run-dir", "r")


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.mark.parametrize("average", [0, 0.9])
def test_the_end_of_a_training_measures_just_as_the_command_does(zoo: Run, empty: Path, average: float) -> None:
    assert zoo(*SMALL, "-o", f"train.ema_decay={average}").returncode == 0
    (kept,) = (empty / "r").glob("evaluation-*.json")
    assert kept.name == f"evaluation-validation-{'averaged' if average else 'raw'}.json"
    own = read(kept)
    kept.unlink()
    assert zoo("evaluate", "r", "--split", "validation").returncode == 0
    again = read(kept)
    assert list(own) == list(again)
    for name in ("hole_psnr", "hole_ssim", "hole_l1", "accuracy", "balanced_accuracy"):
        assert own.pop(name) == pytest.approx(again.pop(name), rel=1e-6)
    assert own.pop("hole_by_size")["0.5"] == pytest.approx(again.pop("hole_by_size")["0.5"], rel=1e-6)
    assert own == again


def test_extremes_are_held_out_images_and_their_pictures_have_a_row_for_each(zoo: Run, empty: Path) -> None:
    zoo(*SMALL)
    listed = read(empty / "r/extremes/extremes.json")
    held_out = read(empty / "r/split.json")["validation"]
    assert listed.pop("step") == 4
    worst, best = ([entry["hole_psnr"] for entry in listed[name]] for name in ("worst", "best"))
    assert worst == sorted(worst)
    assert best == sorted(best, reverse=True)
    assert max(worst) < min(best)
    for name, entries in listed.items():
        assert {entry["position"] for entry in entries} <= set(held_out)
        with Image.open(empty / f"r/extremes/{name}.png") as picture:
            assert picture.size == (4 * 98, 6 * 98)


def test_a_gan_that_fills_no_holes_has_no_extremes(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    make_trainer(loss=TinyClassLoss()).train()
    assert not (tmp_path / "run/extremes").exists()
    assert read(tmp_path / "run/evaluation-validation-raw.json")["step"] == 10


def test_a_run_that_is_stopped_before_its_last_step_has_not_concluded(zoo: Run, empty: Path) -> None:
    assert zoo(*SMALL, "--max-hours", 1e-9).returncode == 0
    assert not (empty / "r/summary.json").exists()
    assert not list((empty / "r").glob("evaluation-*.json"))


def test_a_run_that_breaks_off_while_concluding_concludes_on_the_next_start(zoo: Run, empty: Path) -> None:
    zoo(*SMALL[:-1], "whole")
    zoo(*SMALL, "--max-hours", 1e-9)
    (empty / "r/extremes").write_text("in the way")
    broken = zoo(*SMALL)
    assert broken.returncode == 1
    assert "extremes" in broken.stderr.splitlines()[-1]
    assert "Make room" in broken.stderr
    assert not (empty / "r/summary.json").exists()
    (empty / "r/extremes").unlink()
    going_on = zoo(*SMALL)
    assert "Going on from step 4." in going_on.stderr
    names = ["metrics.jsonl", "evaluation-validation-raw.json"]
    names += [f"extremes/{name}" for name in ("extremes.json", "worst.png", "best.png")]
    for name in names:
        assert (empty / "r" / name).read_bytes() == (empty / "whole" / name).read_bytes(), name
    assert (empty / "r/summary.json").exists()
