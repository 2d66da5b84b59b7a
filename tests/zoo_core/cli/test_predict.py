"""`zoo predict` as a user types it."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from program import Run

from zoo_core import load_model, predict


def write_images(folder: Path) -> Path:
    (folder / "in").mkdir()
    for number in range(3):
        Image.new("L", (40, 30), 80 * number).save(folder / "in" / f"{number}.png")
    return folder / "in"


def test_the_classes_of_a_folder_are_written_to_a_csv_file(zoo: Run, empty: Path, small_run: Path) -> None:
    write_images(empty)
    done = zoo("predict", small_run, "in", "--output", "labels.csv")
    assert (done.returncode, done.stdout) == (0, "3 images: labels.csv\n")
    with open("labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == [f"in/{number}.png" for number in range(3)]
    assert all(row["class"] in "0123456789" and 0.1 <= float(row["probability"]) <= 1 for row in rows)
    done = zoo("predict", small_run, "in", "--output", "labels.csv")
    assert done.returncode == 2
    assert "labels.csv exists. Write `--overwrite`" in done.stderr
    assert zoo("predict", small_run, "in", "--output", "labels.csv", "--overwrite").returncode == 0


def test_table_json_and_python_give_the_same_predictions(zoo: Run, empty: Path, small_run: Path) -> None:
    paths = sorted(write_images(empty).iterdir())
    table = zoo("predict", small_run, *paths).stdout.splitlines()
    document = json.loads(zoo("predict", small_run, *paths, "--json").stdout)
    assert table[0].split() == ["FILE", "CLASS", "PROBABILITY"]
    for line, entry, prediction in zip(table[1:], document, predict(load_model(small_run), paths), strict=True):
        assert line.split() == [str(prediction.path), prediction.label, f"{prediction.probability:.1%}"]
        assert entry["class"] == prediction.label
        assert entry["probability"] == pytest.approx(prediction.probability)
        assert entry["probability"] == max(entry["probabilities"].values())
        assert sum(entry["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_the_rest_is_classified_if_one_image_cannot_be_read(zoo: Run, empty: Path, small_run: Path) -> None:
    (write_images(empty) / "broken.png").write_bytes(b"")
    done = zoo("predict", small_run, "in", "--json")
    assert done.returncode == 1
    assert done.stderr == "zoo: in/broken.png cannot be read: it is damaged, or not an image that Pillow can read.\n"
    assert [entry.get("error") is None for entry in json.loads(done.stdout)] == [True, True, True, False]


def test_a_run_without_classes_is_refused(zoo: Run, empty: Path) -> None:
    write_images(empty)
    assert zoo("train", "context-encoder", "--steps", 2, "--width", 2, "--run-dir", "run").returncode == 0
    done = zoo("predict", "run", "in")
    assert done.returncode == 2
    assert "run was trained without classes" in done.stderr


def test_probabilities_are_calibrated_on_the_validation_images(zoo: Run, empty: Path, small_run: Path) -> None:
    lines = [json.loads(line) for line in (small_run / "metrics.jsonl").read_text().splitlines()]
    assert load_model(small_run).temperature == lines[-1]["validation/temperature"]
    assert 0.1 <= lines[-1]["validation/temperature"] <= 10
    shutil.copytree(small_run, "run")
    evaluation = json.loads(zoo("evaluate", "run", "--json").stdout)
    assert evaluation["temperature"] == lines[-1]["validation/temperature"]
    assert 0 <= evaluation["calibration_error"] <= 1
