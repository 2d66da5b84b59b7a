"""The evaluation after the last step of a run."""

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
TRAIN = ("train", "ccgan", "--width", 2, "--batch-size", 8, "--steps", 4, "--run-dir", "r")


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.mark.parametrize("ema_decay", [0, 0.9])
def test_the_final_evaluation_equals_that_of_the_command(zoo: Run, empty: Path, ema_decay: float) -> None:
    assert zoo(*TRAIN, "-o", f"train.ema_decay={ema_decay}").returncode == 0
    (path,) = (empty / "r").glob("evaluation-*.json")
    assert path.name == f"evaluation-validation-{'ema' if ema_decay else 'raw'}.json"
    expected = read(path)
    path.unlink()
    assert zoo("evaluate", "r", "--split", "validation").returncode == 0
    result = read(path)
    assert list(expected) == list(result)
    for name in ("hole_psnr", "hole_ssim", "hole_l1", "accuracy", "balanced_accuracy"):
        assert expected.pop(name) == pytest.approx(result.pop(name), rel=1e-6)
    by_size, result_by_size = expected.pop("hole_by_size"), result.pop("hole_by_size")
    assert by_size["0.5"] == pytest.approx(result_by_size["0.5"], rel=1e-6)
    assert expected == result


def test_extremes_are_validation_images_and_their_grids_have_a_row_for_each(zoo: Run, empty: Path) -> None:
    zoo(*TRAIN)
    extremes = read(empty / "r/extremes/extremes.json")
    validation = read(empty / "r/split.json")["validation"]
    assert extremes.pop("step") == 4
    worst, best = ([entry["hole_psnr"] for entry in extremes[name]] for name in ("worst", "best"))
    assert worst == sorted(worst)
    assert best == sorted(best, reverse=True)
    assert max(worst) < min(best)
    for name, entries in extremes.items():
        assert {entry["position"] for entry in entries} <= set(validation)
        with Image.open(empty / f"r/extremes/{name}.png") as grid:
            assert grid.size == (4 * 98, 6 * 98)


def test_a_generator_that_does_not_inpaint_has_no_extremes(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    make_trainer(loss=TinyClassLoss()).train()
    assert not (tmp_path / "run/extremes").exists()
    assert read(tmp_path / "run/evaluation-validation-raw.json")["step"] == 10


def test_a_run_that_was_stopped_early_has_no_final_evaluation(zoo: Run, empty: Path) -> None:
    assert zoo(*TRAIN, "--max-hours", 1e-9).returncode == 0
    assert not (empty / "r/summary.json").exists()
    assert not list((empty / "r").glob("evaluation-*.json"))


def test_a_final_evaluation_that_fails_is_repeated_when_the_run_is_started_again(zoo: Run, empty: Path) -> None:
    zoo(*TRAIN[:-1], "complete")
    zoo(*TRAIN, "--max-hours", 1e-9)
    (empty / "r/extremes").write_text("a file in place of the folder")
    failed = zoo(*TRAIN)
    assert failed.returncode == 1
    assert "extremes" in failed.stderr.splitlines()[-1]
    assert "Make room" in failed.stderr
    assert not (empty / "r/summary.json").exists()
    (empty / "r/extremes").unlink()
    resumed = zoo(*TRAIN)
    assert "Resuming from step 4." in resumed.stderr
    names = ["metrics.jsonl", "evaluation-validation-raw.json"]
    names += [f"extremes/{name}" for name in ("extremes.json", "worst.png", "best.png")]
    for name in names:
        assert (empty / "r" / name).read_bytes() == (empty / "complete" / name).read_bytes(), name
    assert (empty / "r/summary.json").exists()
