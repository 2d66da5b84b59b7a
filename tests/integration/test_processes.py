"""Several processes that train one GAN, as torchrun starts them."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

NO_BATCHNORM = ("-o", "generator.norm=none", "-o", "discriminator.norm=none")
SMALL = ("--width", "4", "--batch-size", "12", "--log-every", "1", "--lr", "2e-4", *NO_BATCHNORM)
GAMES = {
    "ccgan": ("ccgan", "-o", "loss.mask=strokes"),
    "gradient penalty": ("ccgan-modern", "-o", "loss.w_r1=1", "-o", "loss.threshold=0.1", "-o", "loss.colour=true"),
}


def launch(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Starts Python with arguments, in a folder."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ZOO_DISABLED_PLUGINS": "report,tensorboard"}
    command = [sys.executable, *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def torchrun(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return launch(folder, "-m", "torch.distributed.run", *arguments)


def train(folder: Path, *arguments: str, processes: int = 1, restarts: int = 0) -> "subprocess.Popen[str]":
    """Starts a training in a folder, by torchrun where there are several processes."""
    zoo = ("-m", "zoo_core", "train", *arguments)
    together = ("--standalone", "--nproc-per-node", str(processes), "--max-restarts", str(restarts))
    return torchrun(folder, *together, *zoo) if processes > 1 else launch(folder, *zoo)


def trained(folder: Path, *arguments: str, processes: int = 1) -> str:
    """Trains to the end, and returns what was printed."""
    started = train(folder, *arguments, processes=processes)
    printed, told = started.communicate(timeout=240)
    assert started.returncode == 0, told
    return printed + told


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(run: Path) -> dict[str, torch.Tensor]:
    newest = max((run / "checkpoints").glob("step-*"))
    return {f"{p.stem} {name}": tensor for p in newest.glob("*.safetensors") for name, tensor in load_file(p).items()}


def workers(launcher: int) -> Iterator[int]:
    """Process numbers of what torchrun has started, the first of them first."""
    children = Path(f"/proc/{launcher}/task/{launcher}/children").read_text().split()
    yield from sorted(int(child) for child in children)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES)
def test_two_processes_train_what_one_trains_with_the_same_batch(empty: Path, game: str) -> None:
    arguments = (*GAMES[game], *SMALL, "--steps", "20")
    trained(empty, *arguments, "--run-dir", "one")
    told = trained(empty, *arguments, "--run-dir", "two", processes=2)
    assert "Processes: 2, each with 6 of the 12 images of a batch" in told
    assert told.count("Trained 20 steps") == 1
    one, two = metrics(empty / "one"), metrics(empty / "two")
    assert len(one) == len(two) == 21
    for alone, together in zip(one, two, strict=True):
        losses = {name: value for name, value in alone.items() if not name.startswith("validation/")}
        assert {name: together[name] for name in losses} == pytest.approx(losses, rel=0, abs=1e-5)
    alone, together = weights(empty / "one"), weights(empty / "two")
    assert alone.keys() == together.keys()
    far = {name: float((alone[name] - together[name]).abs().max()) for name in alone if alone[name].numel()}
    assert max(far.values()) < 1e-5, max(far.items(), key=lambda item: item[1])


@pytest.mark.slow
def test_a_process_that_is_killed_costs_nothing_but_time(empty: Path) -> None:
    arguments = ("ccgan", *SMALL, "--steps", "60", "--checkpoint-every", "10")
    trained(empty, *arguments, "--run-dir", "calm", processes=2)
    started = train(empty, *arguments, "--run-dir", "killed", processes=2, restarts=1)
    wait_for(empty / "killed" / "checkpoints" / "step-00000010" / "state.json")
    _, second = workers(started.pid)
    os.kill(second, signal.SIGKILL)
    _, told = started.communicate(timeout=240)
    assert started.returncode == 0, told
    assert "Going on from step" in told
    assert metrics(empty / "killed") == metrics(empty / "calm")
    calm, killed = weights(empty / "calm"), weights(empty / "killed")
    assert all(torch.equal(calm[name], killed[name]) for name in calm)


@pytest.mark.slow
def test_sigterm_saves_the_step_in_all_and_the_run_goes_on_in_one(empty: Path) -> None:
    arguments = ("ccgan", *SMALL, "--steps", "400", "--run-dir", "run")
    started = train(empty, *arguments, processes=2)
    wait_for(empty / "run" / "checkpoints" / "step-00000100" / "state.json")
    started.send_signal(signal.SIGTERM)
    _, told = started.communicate(timeout=120)
    assert "Terminated at step" in told
    saved = max((empty / "run" / "checkpoints").glob("step-*")).name
    assert 100 < int(saved.removeprefix("step-")) < 400
    assert f"Going on from step {int(saved.removeprefix('step-'))}." in trained(empty, *arguments)


@pytest.mark.slow
def test_a_batch_that_does_not_divide_is_refused(empty: Path) -> None:
    started = train(empty, "ccgan", "--batch-size", "6", "--run-dir", "run", processes=2)
    _, told = started.communicate(timeout=120)
    assert started.returncode != 0
    assert "2 processes cannot share a batch of 6 images (3 + 3 of each sort) evenly" in told
    assert not (empty / "run").exists()


@pytest.mark.slow
def test_two_launchers_meet_as_those_of_two_machines_do(empty: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    meeting = (
        "--nnodes",
        "2",
        "--nproc-per-node",
        "1",
        "--rdzv-backend",
        "c10d",
        "--rdzv-endpoint",
        f"localhost:{port}",
    )
    arguments = ("-m", "zoo_core", "train", "ccgan", *SMALL, "--steps", "2", "--run-dir", "run")
    both = [torchrun(empty, *meeting, *arguments) for _ in range(2)]
    told = [launcher.communicate(timeout=120) for launcher in both]
    assert [launcher.returncode for launcher in both] == [0, 0], told
    assert sum(printed.count("Trained 2 steps") for printed, _ in told) == 1


@pytest.mark.slow
def test_the_commands_for_one_machine_on_the_page_work(empty: Path, repository: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (repository / "docs" / "scaling.md").read_text(), re.DOTALL)
    commands = [block.strip() for block in blocks if block.startswith("torchrun --nproc-per-node")]
    assert len(commands) == 3
    for command in commands:
        small = ("--width", "4", "--steps", "2") if " train " in command else ("--width", "4")
        started = torchrun(empty, *shlex.split(command)[1:], *small)
        _, told = started.communicate(timeout=120)
        assert started.returncode == 0, told


@pytest.mark.slow
def test_bench_tells_what_averaging_costs(empty: Path) -> None:
    arguments = ("-m", "zoo_core", "bench", "ccgan", "--width", "4", "--batch-size", "12", "--steps", "5", "--json")
    started = torchrun(empty, "--standalone", "--nproc-per-node", "2", *arguments)
    printed, told = started.communicate(timeout=120)
    assert started.returncode == 0, told
    found = json.loads(printed)
    assert found["processes"] == 2
    assert 0 < found["averaging"] < 1
