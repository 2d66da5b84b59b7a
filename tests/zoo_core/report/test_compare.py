"""`zoo compare`: on results written by the test, and on trained runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from program import Run

MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(empty: Path) -> MakeRun:
    """Writes the files of a run and of `zoo evaluate` without training."""

    def make(name: str, recipe: str, accuracy: float | None, seed: int = 0, **loss: Any) -> Path:
        path = empty / name
        path.mkdir()
        train = {"steps": 600, "seed": seed, "device": "auto"}
        data = {"name": "data:fashion-mnist", "image_size": 32}
        settings = {"generator": {}, "discriminator": {}, "loss": loss, "data": data, "train": train}
        (path / "run.json").write_text(json.dumps({"format": 2, "recipe": recipe, "settings": settings}))
        (path / "split.json").write_text(json.dumps({"labelled": list(range(100))}))
        result = {"split": "test", "step": 600, "accuracy": accuracy, "hole_psnr": 15.0 + seed}
        (path / "evaluation-test-raw.json").write_text(json.dumps(result))
        return path

    return make


def test_mean_deviation_gain_and_error_cut_equal_values_calculated_by_hand(zoo: Run, make_run: MakeRun) -> None:
    """Baseline 70, 72, 74: mean 72, deviation 2. Method 79, 80, 78: mean 79, +7 points of 28 errors: 25 %."""
    paths = [make_run(f"b{seed}", "labels-only", 0.70 + 0.02 * seed, seed) for seed in range(3)]
    paths += [make_run(f"c{seed}", "ccgan", 0.78 + 0.01 * ((seed + 1) % 3), seed) for seed in range(3)]
    groups = {group["recipe"]: group for group in json.loads(zoo("compare", *paths, "--json").stdout)}
    assert groups["labels-only"]["spreads"]["accuracy"] == pytest.approx({"mean": 0.72, "deviation": 0.02})
    assert groups["ccgan"]["gain"] == pytest.approx(0.07)
    assert groups["ccgan"]["error_cut"] == pytest.approx(0.25)
    assert groups["ccgan"]["seeds"] == [0, 1, 2]
    table = zoo("compare", *paths).stdout
    assert " ".join(table.splitlines()[1].split()) == (
        "ccgan fashion-mnist, 100 labels, 32 px 600 3 79.0 ± 1.0 % +7.0 25.0 % 16.0 ± 1.0 dB"
    )


def test_runs_of_one_recipe_with_different_options_are_in_different_rows(zoo: Run, make_run: MakeRun) -> None:
    paths = [make_run("a", "ccgan", 0.7, w_adv=0.3), make_run("b", "ccgan", 0.8, w_adv=1.0)]
    names = [line.split("  ")[0] for line in zoo("compare", *paths).stdout.splitlines()[1:]]
    assert names == ["ccgan loss.w_adv=0.3", "ccgan loss.w_adv=1.0"]


def test_evaluation_of_ema_weights_is_preferred(zoo: Run, make_run: MakeRun) -> None:
    path = make_run("a", "ccgan", 0.7)
    result = {"split": "test", "step": 600, "accuracy": 0.9}
    (path / "evaluation-test-ema.json").write_text(json.dumps(result))
    (group,) = json.loads(zoo("compare", path, "--json").stdout)
    assert group["spreads"]["accuracy"] == {"mean": 0.9, "deviation": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "a"], "is named twice"),
        (["a", "--baseline", "labels-only"], "None of these runs uses the recipe 'labels-only'"),
        (["a", "--split", "validation"], "Run `zoo evaluate a --split validation`"),
        (["nowhere"], "nowhere is not a run"),
        ([], "Missing argument 'RUN...'"),
    ],
)
def test_wrong_arguments_give_a_clear_message(zoo: Run, make_run: MakeRun, arguments: list[str], message: str) -> None:
    make_run("a", "ccgan", 0.7)
    done = zoo("compare", *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_ema_weights_of_a_trained_run_are_evaluated_and_compared(zoo: Run, empty: Path) -> None:
    small = ("--width", 4, "--batch-size", 16, "--steps", 12)
    ema = ("-o", "train.ema_decay=0.9")
    assert zoo("train", "ccgan", *small, *ema, "--run-dir", "one").returncode == 0
    results = [
        json.loads(zoo("evaluate", "one", "--json", *weights).stdout)
        for weights in ([], ["--weights", "ema"], ["--weights", "raw"])
    ]
    assert [result["weights"] for result in results] == ["ema", "ema", "raw"]
    assert results[0] == results[1]
    assert results[1]["hole_psnr"] != results[2]["hole_psnr"]
    (group,) = json.loads(zoo("compare", "one", "--json").stdout)
    assert group["spreads"]["hole_psnr"]["mean"] == results[0]["hole_psnr"]
    assert zoo("train", "labels-only", *small, "--run-dir", "two").returncode == 0
    refused = zoo("evaluate", "two", "--weights", "ema")
    assert "two has no EMA weights" in refused.stderr
    assert refused.returncode == 2
