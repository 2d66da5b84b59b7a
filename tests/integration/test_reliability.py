"""Real processes that are killed, real files that are damaged, real disks that are full."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Run

LINE = ("train", "ccgan", "--width", 4, "--batch-size", 8, "--log-every", 1, "-o", "train.ema_decay=0.9")
MOMENTS = 20


def started(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "zoo_core", *map(str, arguments)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_lines(log: Path, more_than: int, process: "subprocess.Popen[str]") -> None:
    while lines(log) <= more_than:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def lines(log: Path) -> int:
    return log.read_text().count("\n") if log.exists() else 0


def content(run: Path) -> dict[str, bytes]:
    """Everything that a run leaves and that holds no times."""
    files = [path for path in run.rglob("*") if path.is_file() and "tensorboard" not in path.parts]
    kept = {str(path.relative_to(run)): path.read_bytes() for path in files}
    for name in list(kept):
        if name.endswith((".lock", "summary.json", "run.json", "state.json", "report.html")):
            del kept[name]
    return kept


@pytest.mark.slow
def test_a_run_that_is_killed_at_twenty_random_moments_is_the_same_bit_for_bit(
    zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checkpoint after every second step, so that many moments fall into the writing of one."""
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")
    line = (*LINE, "--steps", 400, "--checkpoint-every", 2, "--evaluate-every", 10)
    assert zoo(*line, "--run-dir", "whole").returncode == 0
    moments = random.Random(5)
    drafts = 0
    log = empty / "killed/metrics.jsonl"
    for _ in range(MOMENTS):
        before = lines(log)
        running = started(empty, *line, "--run-dir", "killed")
        wait_for_lines(log, before, running)
        time.sleep(moments.uniform(0, 0.3))
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL, "the run has ended too early for this test"
        drafts += len(list((empty / "killed/checkpoints").glob("*.part")))
    assert not (empty / "killed/summary.json").exists()
    assert zoo(*line, "--run-dir", "killed").returncode == 0
    killed = {name: data for name, data in content(empty / "killed").items() if ".part/" not in name}
    whole = content(empty / "whole")
    assert killed.keys() == whole.keys()
    assert [name for name in whole if killed[name] != whole[name]] == []
    assert drafts > 0, "no kill fell into the writing of a checkpoint"
    steps = [json.loads(text)["step"] for text in (empty / "killed/metrics.jsonl").read_text().splitlines()]
    assert sorted(set(steps)) == list(range(1, 401))


def test_a_second_process_in_the_same_folder_refuses_and_the_first_goes_on(zoo: Run, empty: Path) -> None:
    first = started(empty, *LINE, "--steps", 100_000, "--run-dir", "r")
    wait_for_lines(empty / "r/metrics.jsonl", 0, first)
    second = zoo(*LINE, "--steps", 100_000, "--run-dir", "r")
    assert second.returncode == 2
    assert (
        "Another process trains in r. Wait until it has ended, or name another folder with `--run-dir`."
        in second.stderr
    )
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    said = first.communicate(timeout=60)[1]
    assert first.returncode == 143, said


@pytest.fixture
def small_disk(empty: Path) -> Iterator[Path]:
    """A real filesystem of 8 MB, where this machine allows to make one."""
    place = empty / "disk"
    place.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "zoo-test", place], capture_output=True).returncode
    ):
        pytest.skip("no right to mount a filesystem")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_fills_up_leaves_the_checkpoints_and_a_clear_message(
    zoo: Run, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")
    line = (*LINE, "--steps", 6, "--checkpoint-every", 2, "--evaluate-every", 100, "--run-dir", small_disk / "r")
    assert zoo(*line).returncode == 0
    shutil.rmtree(small_disk / "r")
    filler = small_disk / "filler"
    used = shutil.disk_usage(small_disk)
    filler.write_bytes(bytes(used.free - 900_000))
    full = zoo(*line)
    assert full.returncode == 1
    assert "No space left on device" in full.stderr
    assert "Make room" in full.stderr
    assert "Traceback" not in full.stderr
    saved = sorted((small_disk / "r/checkpoints").iterdir())
    assert saved
    assert all(path.suffix != ".part" for path in saved)
    filler.unlink()
    again = zoo(*line)
    assert again.returncode == 0, again.stderr
    if saved[-1].name != "step-00000000":
        assert f"Going on from step {int(saved[-1].name[-8:])}." in again.stderr


def test_a_damaged_checkpoint_is_named_and_the_run_goes_on_from_the_one_before(zoo: Run, empty: Path) -> None:
    line = (*LINE, "--checkpoint-every", 2, "--run-dir", "r")
    zoo(*line, "--steps", 4)
    (empty / "r/summary.json").unlink()
    weights = empty / "r/checkpoints/step-00000004/generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    resumed = zoo(*line, "--steps", 6)
    assert resumed.returncode == 0
    assert (
        "step-00000004 is damaged and was passed over: generator.safetensors is not what was written." in resumed.stderr
    )
    assert "Going on from step 2." in resumed.stderr


def test_the_best_checkpoint_can_be_measured(zoo: Run, empty: Path) -> None:
    line = (*LINE, "--steps", 6, "--checkpoint-every", 2, "--evaluate-every", 2, "--keep", 4, "--run-dir", "r")
    zoo(*line)
    state = empty / "r/checkpoints/step-00000002/state.json"
    content = json.loads(state.read_text())
    lines = [json.loads(text) for text in (empty / "r/metrics.jsonl").read_text().splitlines()]
    measured = {line["step"]: line["validation/accuracy"] for line in lines if "validation/accuracy" in line}
    assert content["score"] == measured[2]
    state.write_text(json.dumps(content | {"score": 1.0}))  # the best there can be
    result = json.loads(zoo("evaluate", "r", "--checkpoint", "best", "--split", "validation", "--json").stdout)
    assert (result["step"], result["accuracy"]) == (2, measured[2])
    assert json.loads(zoo("evaluate", "r", "--json").stdout)["step"] == 6


@pytest.mark.parametrize("data", ["digits", "fashion-mnist", "folder", "huggingface"])
def test_every_source_of_data_goes_on_where_it_was(
    zoo: Run, empty: Path, request: pytest.FixtureRequest, data: str
) -> None:
    source: tuple[object, ...] = ("--data", data)
    if data == "fashion-mnist":
        source += ("--data-root", request.getfixturevalue("shared_data"))
    if data in ("folder", "huggingface"):
        from PIL import Image

        for number in range(40):
            path = empty / "photos" / ("a", "b")[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.effect_noise((40, 40), 40 + number).save(path)
        source = ("--data", empty / "photos")
    if data == "huggingface":
        import datasets

        files = datasets.load_dataset("imagefolder", data_dir=str(empty / "photos"), cache_dir=str(empty / "made"))
        files.save_to_disk(str(empty / "arrow"))
        source = ("--data", "huggingface", "--data-root", empty / "arrow")
    line = (*LINE, *source, "--checkpoint-every", 3, "--evaluate-every", 3)
    zoo(*line, "--steps", 6, "--run-dir", "whole")
    zoo(*line, "--steps", 3, "--run-dir", "parts")
    resumed = zoo(*line, "--steps", 6, "--run-dir", "parts")
    assert "Going on from step 3." in resumed.stderr
    whole, parts = (content(empty / run) for run in ("whole", "parts"))
    newest = {name for name in whole if "step-00000006" in name}
    assert len([name for name in newest if name.endswith((".safetensors", ".pt"))]) == 7
    assert [name for name in newest if whole[name] != parts[name]] == []
    assert whole["metrics.jsonl"] == parts["metrics.jsonl"]


def test_not_enough_memory_is_one_sentence(zoo: Run, empty: Path) -> None:
    done = zoo(*LINE, "--steps", 1, "--image-size", 64, "--width", 10**7)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("zoo: There is not enough memory for this.")
    assert not list(empty.iterdir())
