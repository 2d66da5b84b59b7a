"""`zoo train` and `zoo evaluate`, end to end with small runs."""

import json
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from program import Run

SMALL = ("--width", 4, "--batch-size", 16, "--log-every", 2)


def read_settings(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "run.json").read_text())["settings"]
    return content


def test_a_first_run_prints_its_progress_and_the_next_command(process: Run, empty: Path) -> None:
    done = process("train", "ccgan", "--steps", 4, *SMALL)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "1,297 training images from handwritten digits bundled with scikit-learn: 100 labelled" in done.stderr
    assert "Device: " in done.stderr
    assert "step 4/4" in done.stderr
    assert "D adv" in done.stderr
    assert "Trained for 4 steps." in done.stdout
    assert "hole psnr" in done.stdout
    assert "Next: zoo evaluate runs/ccgan-digits-1" in done.stdout
    with Image.open(empty / "runs/ccgan-digits-1/samples/step-00000004.png") as grid:
        assert grid.size == (4 * 98, 8 * 98)
    evaluated = process("evaluate", "runs/ccgan-digits-1", "--json")
    result = json.loads(evaluated.stdout)
    assert set(result) == {
        "split", "accuracy", "balanced_accuracy", "hole_psnr", "hole_ssim", "hole_l1", "images", "step",
        "weights", "accuracy_interval", "calibration_error", "temperature", "confusion", "hole_by_size",
    }  # fmt: skip
    assert len(result["confusion"]) == 10
    assert sum(map(sum, result["confusion"])) == 500
    assert set(result["hole_by_size"]) == {"0.25", "0.375", "0.5"}
    assert (result["split"], result["images"], result["step"]) == ("test", 500, 4)


def test_metrics_of_the_training_and_of_its_checkpoint_agree(zoo: Run) -> None:
    trained = json.loads(zoo("train", "ccgan", "--steps", 3, *SMALL, "--json").stdout)
    evaluation = json.loads(zoo("evaluate", trained["run_dir"], "--split", "validation", "--json").stdout)
    assert evaluation["images"] == 130
    for name in ("accuracy", "hole_psnr", "hole_ssim"):
        assert evaluation[name] == pytest.approx(trained[f"validation/{name}"], rel=1e-6)


def test_the_same_command_trains_again_with_the_same_result(zoo: Run) -> None:
    first, second = (json.loads(zoo("train", "ccgan", "--steps", 3, *SMALL, "--json").stdout) for _ in range(2))
    assert (first.pop("run_dir"), second.pop("run_dir")) == ("runs/ccgan-digits-1", "runs/ccgan-digits-2")
    assert first.pop("seconds") > 0 < second.pop("seconds")
    assert first == second


def test_the_command_line_overrides_the_file_and_the_file_the_recipe(zoo: Run, empty: Path) -> None:
    (empty / "mine.toml").write_text("[train]\nseed = 5\nbeta1 = 0.25\n[loss]\nw_adv = 0.5\n")
    options = ("--config", "mine.toml", "--seed", 7, "-o", "loss.w_rec=2")
    zoo("train", "ccgan", "--steps", 1, *SMALL, *options, "--run-dir", "r")
    resolved = read_settings(empty / "r")
    assert resolved["train"]["seed"] == 7
    assert resolved["train"]["beta1"] == 0.25
    assert resolved["loss"]["w_adv"] == 0.5
    assert resolved["loss"]["w_rec"] == 2.0
    assert resolved["generator"] == resolved["generator"] | {"name": "ccgan:masked-autoencoder", "width": 4}


def test_run_json_has_the_origin_of_every_component(zoo: Run, empty: Path) -> None:
    zoo("train", "ccgan", "--steps", 1, *SMALL, "--run-dir", "r")
    run = json.loads((empty / "r/run.json").read_text())
    assert run["components"]["generator"]["distribution"] == "gan-zoo"
    assert run["versions"]["torch"] == torch.__version__.split("+")[0] or run["versions"]["torch"] == torch.__version__
    assert run["spec"] == {"channels": 1, "height": 32, "width": 32, "classes": 10}


def test_a_dry_run_prints_every_setting_and_writes_nothing(zoo: Run, empty: Path) -> None:
    done = zoo("train", "ccgan", "--dry-run")
    assert done.returncode == 0
    assert "train.beta1" in done.stdout
    assert "M parameters" in done.stderr
    assert list(empty.iterdir()) == []


def test_a_run_directory_is_never_overwritten(zoo: Run, empty: Path) -> None:
    zoo("train", "ccgan", "--steps", 2, *SMALL, "--run-dir", "r")
    before = (empty / "r/metrics.jsonl").read_text()
    other = zoo("train", "ccgan", "--steps", 2, *SMALL, "--run-dir", "r", "--lr", 0.5)
    assert other.returncode == 2
    assert "The run uses train.lr=0.001; 0.5 was requested." in other.stderr
    fresh = zoo("train", "ccgan", "--steps", 2, *SMALL, "--run-dir", "r", "--no-resume")
    assert fresh.returncode == 2
    longer = zoo("train", "ccgan", "--steps", 3, *SMALL, "--run-dir", "r")
    assert "Resuming from step 2." in longer.stderr
    assert (empty / "r/metrics.jsonl").read_text().startswith(before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_resumed_after_a_signal_equals_one_that_was_not_stopped(
    zoo: Run, empty: Path, number: signal.Signals, code: int
) -> None:
    command = ["train", "ccgan", "--steps", "60", "--checkpoint-every", "50", *map(str, SMALL)]
    running = subprocess.Popen([sys.executable, "-m", "zoo_core", *command], stderr=subprocess.PIPE, text=True)
    while not list(empty.glob("runs/*/metrics.jsonl")):
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(number)
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in stderr
    first, last = sorted(empty.glob("runs/*/checkpoints/step-*"))
    assert first.name == "step-00000000"
    step = int(last.name.removeprefix("step-"))
    assert 0 < step < 50
    resume = f"zoo {shlex.join(command)} --run-dir runs/ccgan-digits-1"
    assert f"at step {step}; checkpoint saved. Resume with `{resume}`." in stderr
    resumed = zoo(*command)
    assert f"Resuming from step {step}." in resumed.stderr
    uninterrupted = zoo(*command, "--run-dir", "uninterrupted")
    assert uninterrupted.returncode == 0
    logs = [(empty / run / "metrics.jsonl").read_text() for run in ("runs/ccgan-digits-1", "uninterrupted")]
    assert logs[0] == logs[1]


def test_a_run_stops_at_the_time_limit_and_the_same_command_resumes_it(zoo: Run, empty: Path) -> None:
    command = ["train", "ccgan", "--steps", 9, *SMALL, "--run-dir", "r"]
    done = zoo(*command, "--max-hours", 1e-6)
    assert done.returncode == 0
    assert "Time limit reached at step 1; checkpoint saved. Resume with `zoo " in done.stderr
    assert not (empty / "r/summary.json").exists()
    assert "Resuming from step 1." in zoo(*command, "--max-hours", 1).stderr
    assert zoo(*command, "--max-hours", 0).returncode == 2


def test_a_terminal_shows_a_progress_bar(empty: Path) -> None:
    pty = pytest.importorskip("pty")
    output = bytearray()

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, 4096)
        output.extend(data)
        return data

    command = [sys.executable, "-m", "zoo_core", "train", "ccgan", "--steps", "4", *map(str, SMALL)]
    assert pty.spawn(command, read) == 0
    text = output.decode(errors="replace")
    assert "4/4" in text
    assert "images/s" in text
    assert "accuracy" in text
    assert "Next: zoo evaluate" in text


def test_a_recipe_without_class_term_uses_no_labels(zoo: Run, empty: Path) -> None:
    done = zoo("train", "context-encoder", "--steps", 2, *SMALL, "--run-dir", "r")
    assert "This recipe uses no labels." in done.stderr
    assert "accuracy" not in done.stdout
    assert json.loads((empty / "r/split.json").read_text())["labelled"] == []
    assert json.loads(zoo("evaluate", "r", "--json").stdout)["accuracy"] is None


def test_a_folder_without_classes_trains_without_labels(zoo: Run, tmp_path: Path) -> None:
    for number in range(40):
        Image.new("RGB", (40, 30), (6 * number, 0, 0)).save(tmp_path / f"{number}.png")
    done = zoo("train", "ccgan", "--data", tmp_path, "--steps", 2, *SMALL)
    assert done.returncode == 0, done.stderr
    assert "These images have no labels: class terms are left out." in done.stderr
    assert "D aux" not in done.stderr
    assert "hole psnr" in done.stdout


def test_a_folder_of_classes_uses_all_labels_by_default(zoo: Run, tmp_path: Path) -> None:
    for number in range(60):
        path = tmp_path / "photos" / ("light", "dark")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (100 + number, 0, 0)).save(path)
    all_labels = zoo("train", "ccgan", "--data", tmp_path / "photos", "--dry-run")
    ten_labels = zoo("train", "ccgan", "--data", tmp_path / "photos", "--labels", 10, "--dry-run", "--batch-size", 8)
    assert " 0 unlabelled" in all_labels.stderr or "Write `--batch-size" in all_labels.stderr
    assert "10 labelled" in ten_labels.stderr


@pytest.mark.parametrize("mask", ["square", "rectangle", "patches", "centre", "strokes"])
def test_every_mask_shape_trains(zoo: Run, mask: str) -> None:
    assert zoo("train", "ccgan", "--steps", 1, *SMALL, "-o", f"loss.mask={mask}").returncode == 0


def test_bf16_trains(zoo: Run) -> None:
    done = zoo("train", "ccgan", "--steps", 2, *SMALL, "--precision", "bf16")
    assert done.returncode == 0, done.stderr
    assert "bf16 was requested" in done.stderr


def test_fashion_mnist_trains_from_its_original_files(zoo: Run, shared_data: Path) -> None:
    done = zoo("train", "ccgan", "--data", "fashion-mnist", "--data-root", shared_data, "--steps", 2, *SMALL)
    assert done.returncode == 0, done.stderr
    assert "60,000 training images from FashionMNIST" in done.stderr
    assert "100 labelled" in done.stderr


def test_a_folder_tree_of_real_photos_trains(zoo: Run, shared_data: Path, tmp_path: Path) -> None:
    with tarfile.open(shared_data / "cifar10-jpg.tar.gz") as archive:
        members = [member for member in archive if member.isfile() and member.name.endswith(("0.jpg", "5.jpg"))]
        archive.extractall(tmp_path, members=members[::12], filter="data")
    root = next(path.parent for path in tmp_path.rglob("train"))
    done = zoo("train", "ccgan", "--data", root, "--labels", 100, "--steps", 2, *SMALL, "--run-dir", "r")
    assert done.returncode == 0, done.stderr
    assert "100 labelled" in done.stderr
    assert json.loads(zoo("evaluate", "r", "--json").stdout)["accuracy"] is not None


def test_a_list_of_labelled_images_is_used_and_saved(zoo: Run, empty: Path) -> None:
    (empty / "mine.txt").write_text("5 17 29 300 1001")
    done = zoo("train", "ccgan", "--steps", 2, *SMALL, "--labels", "mine.txt", "--run-dir", "r")
    assert "5 labelled, 1,162 unlabelled, 130 held out" in done.stderr
    assert json.loads((empty / "r" / "split.json").read_text())["labelled"] == [5, 17, 29, 300, 1001]
    again = zoo("train", "ccgan", "--steps", 2, *SMALL, "--labels", "r/split.json", "--run-dir", "s")
    assert "5 labelled" in again.stderr
    (empty / "mine.txt").write_text("0")
    resumed = zoo("train", "ccgan", "--steps", 4, *SMALL, "--labels", "mine.txt", "--run-dir", "r")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads((empty / "r" / "split.json").read_text())["labelled"] == [5, 17, 29, 300, 1001]


def test_the_recipe_of_the_paper_trains_in_two_stages(zoo: Run, empty: Path) -> None:
    finetuning = ("-o", "train.finetune_steps=4")
    done = zoo("train", "ccgan2-paper", "--steps", 4, *SMALL, *finetuning, "--run-dir", "r")
    assert done.returncode == 0, done.stderr
    assert "Trained for 8 steps." in done.stdout
    lines = [json.loads(line) for line in (empty / "r" / "metrics.jsonl").read_text().splitlines()]
    terms = [{name for name in line if "/" in name} for line in lines if "discriminator/aux" in line]
    assert terms[0] == {"discriminator/adv", "discriminator/aux", "generator/rec", "generator/adv"}
    assert terms[-1] == {"discriminator/aux"}


def test_a_fold_is_refused_if_the_dataset_has_none(zoo: Run, empty: Path) -> None:
    done = zoo("train", "ccgan", "--fold", 1)
    assert done.returncode == 2
    assert "'fold'" in done.stderr


def test_the_labels_only_baseline_needs_labels(zoo: Run, empty: Path) -> None:
    done = zoo("train", "labels-only", "--labels", 0)
    assert done.returncode == 2
    assert "needs labels, and this run has none" in done.stderr
    assert not list(empty.iterdir())
