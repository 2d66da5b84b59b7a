"""Runs that are really killed, files that are really damaged, and a disk that is really full."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fork_server import ForkedProcess, ForkServer
from program import Run

TRAIN = ("train", "ccgan", "--width", 4, "--batch-size", 8, "--log-every", 1, "-o", "train.ema_decay=0.9")
KILLS = 20


def start(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "zoo_core", *map(str, arguments)]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_lines(log: Path, more_than: int, process: "subprocess.Popen[str] | ForkedProcess") -> None:
    while count_lines(log) <= more_than:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def count_lines(log: Path) -> int:
    return log.read_text().count("\n") if log.exists() else 0


def read_files(run: Path) -> dict[str, bytes]:
    """The content of all files of a run, except for those with times or paths."""
    files = [path for path in run.rglob("*") if path.is_file() and "tensorboard" not in path.parts]
    ignored = {".lock", "summary.json", "run.json", "state.json", "report.html"}
    return {str(path.relative_to(run)): path.read_bytes() for path in files if path.name not in ignored}


@pytest.mark.slow
def test_a_run_that_is_killed_at_twenty_random_moments_resumes_bit_for_bit(
    zoo: Run, empty: Path, fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint is saved after every second step, so that many kills happen while one is written."""
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")
    command = (*TRAIN, "--steps", 400, "--checkpoint-every", 2, "--evaluate-every", 10)
    assert zoo(*command, "--run-dir", "complete").returncode == 0
    random_delays = random.Random(5)
    drafts = 0
    log = empty / "killed/metrics.jsonl"
    for _ in range(KILLS):
        before = count_lines(log)
        process = fork_server.start((*command, "--run-dir", "killed"), empty, os.environ)
        wait_for_lines(log, before, process)
        time.sleep(random_delays.uniform(0, 0.3))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "the run ended too early for this test"
        drafts += len(list((empty / "killed/checkpoints").glob("*.part")))
    assert not (empty / "killed/summary.json").exists()
    assert zoo(*command, "--run-dir", "killed").returncode == 0
    killed = {name: data for name, data in read_files(empty / "killed").items() if ".part/" not in name}
    complete = read_files(empty / "complete")
    assert killed.keys() == complete.keys()
    assert [name for name in complete if killed[name] != complete[name]] == []
    assert drafts > 0, "no kill happened while a checkpoint was written"
    steps = [json.loads(text)["step"] for text in (empty / "killed/metrics.jsonl").read_text().splitlines()]
    assert sorted(set(steps)) == list(range(1, 401))


def test_a_second_training_in_the_same_folder_is_refused_and_the_first_continues(zoo: Run, empty: Path) -> None:
    first = start(empty, *TRAIN, "--steps", 100_000, "--run-dir", "r")
    wait_for_lines(empty / "r/metrics.jsonl", 0, first)
    second = zoo(*TRAIN, "--steps", 100_000, "--run-dir", "r")
    assert second.returncode == 2
    assert (
        "Another process is training in r. Wait until it has ended, or name another folder with `--run-dir`."
        in second.stderr
    )
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    stderr = first.communicate(timeout=60)[1]
    assert first.returncode == 143, stderr


@pytest.fixture
def small_disk(empty: Path) -> Iterator[Path]:
    """A file system of 8 MB, if this machine allows mounting one."""
    disk = empty / "disk"
    disk.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "zoo-test", disk], capture_output=True).returncode
    ):
        pytest.skip("mounting a file system is not permitted")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_leaves_the_checkpoints_intact_and_gives_a_clear_message(
    zoo: Run, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard,report")
    command = (*TRAIN, "--steps", 6, "--checkpoint-every", 2, "--evaluate-every", 100, "--run-dir", small_disk / "r")
    assert zoo(*command).returncode == 0
    shutil.rmtree(small_disk / "r")
    filler = small_disk / "filler"
    used = shutil.disk_usage(small_disk)
    filler.write_bytes(bytes(used.free - 900_000))
    full = zoo(*command)
    assert full.returncode == 1
    assert "No space left on device" in full.stderr
    assert "Make room" in full.stderr
    assert "Traceback" not in full.stderr
    saved = sorted((small_disk / "r/checkpoints").iterdir())
    assert saved
    assert all(path.suffix != ".part" for path in saved)
    filler.unlink()
    resumed = zoo(*command)
    assert resumed.returncode == 0, resumed.stderr
    if saved[-1].name != "step-00000000":
        assert f"Resuming from step {int(saved[-1].name[-8:])}." in resumed.stderr


def test_a_damaged_checkpoint_is_named_and_the_run_resumes_from_the_one_before(zoo: Run, empty: Path) -> None:
    command = (*TRAIN, "--checkpoint-every", 2, "--run-dir", "r")
    zoo(*command, "--steps", 4)
    (empty / "r/summary.json").unlink()
    weights = empty / "r/checkpoints/step-00000004/generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    resumed = zoo(*command, "--steps", 6)
    assert resumed.returncode == 0
    assert (
        "step-00000004 cannot be read and was skipped: generator.safetensors was changed after it was written."
        in resumed.stderr
    )
    assert "Resuming from step 2." in resumed.stderr


def test_the_best_checkpoint_can_be_evaluated(zoo: Run, empty: Path) -> None:
    zoo(*TRAIN, "--steps", 6, "--checkpoint-every", 2, "--evaluate-every", 2, "--keep", 4, "--run-dir", "r")
    state = empty / "r/checkpoints/step-00000002/state.json"
    content = json.loads(state.read_text())
    lines = [json.loads(text) for text in (empty / "r/metrics.jsonl").read_text().splitlines()]
    accuracy = {line["step"]: line["validation/accuracy"] for line in lines if "validation/accuracy" in line}
    assert content["score"] == accuracy[2]
    state.write_text(json.dumps(content | {"score": 1.0}))  # the highest possible score
    result = json.loads(zoo("evaluate", "r", "--checkpoint", "best", "--split", "validation", "--json").stdout)
    assert (result["step"], result["accuracy"]) == (2, accuracy[2])
    assert json.loads(zoo("evaluate", "r", "--json").stdout)["step"] == 6


@pytest.mark.parametrize(
    "data", ["digits", "fashion-mnist", "folder", pytest.param("huggingface", marks=pytest.mark.extra)]
)
def test_runs_on_every_kind_of_dataset_resume_bit_for_bit(
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
        datasets = pytest.importorskip("datasets")

        files = datasets.load_dataset("imagefolder", data_dir=str(empty / "photos"), cache_dir=str(empty / "cache"))
        files.save_to_disk(str(empty / "arrow"))
        source = ("--data", "huggingface", "--data-root", empty / "arrow")
    command = (*TRAIN, *source, "--checkpoint-every", 3, "--evaluate-every", 3)
    zoo(*command, "--steps", 6, "--run-dir", "complete")
    zoo(*command, "--steps", 3, "--run-dir", "parts")
    resumed = zoo(*command, "--steps", 6, "--run-dir", "parts")
    assert "Resuming from step 3." in resumed.stderr
    complete, parts = (read_files(empty / run) for run in ("complete", "parts"))
    newest = {name for name in complete if "step-00000006" in name}
    assert len([name for name in newest if name.endswith((".safetensors", ".pt"))]) == 7
    assert [name for name in newest if complete[name] != parts[name]] == []
    assert complete["metrics.jsonl"] == parts["metrics.jsonl"]


def test_too_little_memory_is_reported_in_one_sentence(zoo: Run, empty: Path) -> None:
    done = zoo(*TRAIN, "--steps", 1, "--image-size", 64, "--width", 10**7)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("zoo: Not enough memory.")
    assert not list(empty.iterdir())
