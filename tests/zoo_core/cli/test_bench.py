import json
from pathlib import Path

import pytest
from program import Run

TINY = ("--width", 2, "--batch-size", 4, "--steps", 3, "--warm-up", 1)


def test_speed_memory_and_data_waiting_are_printed_and_nothing_is_written(zoo: Run, empty: Path) -> None:
    done = zoo("bench", "ccgan", *TINY)
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.startswith("ccgan on digits: 32x32, batches of 4, ")
    assert [line[2:20].rstrip() for line in lines] == ["images per second", "step", "waiting for data", "peak memory"]
    assert "median of 3" in lines[1]
    assert list(empty.iterdir()) == []


def test_json_has_the_results_and_their_conditions(zoo: Run, empty: Path) -> None:
    result = json.loads(zoo("bench", "ccgan-modern", *TINY, "--json").stdout)
    low, high = result["step_ms_quartiles"]
    assert low <= result["step_ms"] <= high
    assert result["images_per_second"] == pytest.approx(4 / result["step_ms"] * 1e3, rel=0.01)
    assert 0 < result["data_wait"] < 1
    assert result["peak_memory_mb"] > 50
    conditions = {name: result[name] for name in ("recipe", "batch_size", "image_size", "steps")}
    assert conditions == {"recipe": "ccgan-modern", "batch_size": 4, "image_size": 32, "steps": 3}
    assert {"device", "precision", "threads", "peak_memory_of"} < set(result)


def test_settings_are_the_same_as_for_training(zoo: Run, empty: Path) -> None:
    (empty / "mine.toml").write_text("[data]\nimage_size = 64\n")
    done = zoo("bench", "ccgan", *TINY, "--config", "mine.toml", "--device", "cpu", "--precision", "bf16", "--json")
    result = json.loads(done.stdout)
    assert (result["image_size"], result["device"], result["precision"]) == (64, "cpu", "bf16")


@pytest.mark.parametrize("option", ["--log-every", "--keep", "--run-dir", "--retries"])
def test_settings_without_effect_have_no_flag(zoo: Run, option: str) -> None:
    done = zoo("bench", "ccgan", option, 3)
    assert done.returncode == 2
    assert f"No such option '{option}'" in done.stderr


def test_an_invalid_setting_gives_the_same_message_as_in_training(zoo: Run) -> None:
    assert (
        zoo("bench", "ccgan", "--batch-size", 9999).stderr
        == zoo("train", "ccgan", "--batch-size", 9999).stderr.split("...\n")[-1]
    )
