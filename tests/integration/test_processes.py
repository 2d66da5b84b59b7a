"""Several processes that train one GAN, started by torchrun."""

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
from site_folder import Site

SMALL = ("--width", "4", "--batch-size", "12", "--log-every", "1", "--lr", "2e-4")
WITHOUT_NORM = ("-o", "generator.norm=none", "-o", "discriminator.norm=none")
TRAININGS = {
    "ccgan": ("ccgan", "-o", "loss.mask=strokes", *WITHOUT_NORM),
    "ccgan-modern": ("ccgan-modern", "-o", "loss.threshold=0.1", "-o", "loss.colour=true", *WITHOUT_NORM),
    "gradient penalty": ("wgan-gp", "-o", "generator=no-norm", "-o", "train.beta1=0.5", "-o", "train.beta2=0.999"),
}
NO_NORM_GENERATOR = """
    from torch import nn

    from zoo_core import hookimpl
    from zoo_wgan_gp.gan import Count, UpsamplingGenerator


    class NoNormGenerator(UpsamplingGenerator):
        def __init__(self, spec, *, width: Count = 32, noise: Count = 64) -> None:
            super().__init__(spec, width=width, noise=noise)
            kept = [layer for layer in self.layers if not isinstance(layer, nn.BatchNorm2d)]
            self.layers = nn.Sequential(*kept)


    @hookimpl
    def register_components(register):
        register.generator("no-norm", "no_norm:NoNormGenerator", "The generator of WGAN-GP without BatchNorm.")
"""


def launch(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Starts Python in a folder."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ZOO_DISABLED_PLUGINS": "report,tensorboard"}
    command = [sys.executable, *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def launch_torchrun(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return launch(folder, "-m", "torch.distributed.run", *arguments)


def start_training(folder: Path, *arguments: str, processes: int = 1, restarts: int = 0) -> "subprocess.Popen[str]":
    """Starts a training in a folder, with torchrun if it has several processes."""
    zoo = ("-m", "zoo_core", "train", *arguments)
    options = ("--standalone", "--nproc-per-node", str(processes), "--max-restarts", str(restarts))
    return launch_torchrun(folder, *options, *zoo) if processes > 1 else launch(folder, *zoo)


def train(folder: Path, *arguments: str, processes: int = 1) -> str:
    """Trains to the end, and returns everything that was printed."""
    process = start_training(folder, *arguments, processes=processes)
    stdout, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    return stdout + stderr


def read_metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def load_weights(run: Path) -> dict[str, torch.Tensor]:
    newest = max((run / "checkpoints").glob("step-*"))
    return {f"{p.stem} {name}": tensor for p in newest.glob("*.safetensors") for name, tensor in load_file(p).items()}


def list_children(process: int) -> Iterator[int]:
    """The processes that torchrun has started, in their order."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    yield from sorted(int(child) for child in children)


def wait_for(path: Path) -> None:
    end = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example plugin zoo-wgan-gp, and with a generator without BatchNorm for it."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    subprocess.run([*pip, str(repository / "examples" / "zoo-wgan-gp")], check=True, capture_output=True)
    Site(folder).install("no_norm", NO_NORM_GENERATOR)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("training", TRAININGS)
def test_two_processes_train_like_one_with_the_same_batch_size(
    empty: Path, site: Path, monkeypatch: pytest.MonkeyPatch, training: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    arguments = (*TRAININGS[training], *SMALL, "--steps", "20")
    train(empty, *arguments, "--run-dir", "one")
    output = train(empty, *arguments, "--run-dir", "two", processes=2)
    assert "Processes: 2, each with 6 of the 12 images of a batch" in output
    assert output.count("Trained for 20 steps") == 1
    one, two = read_metrics(empty / "one"), read_metrics(empty / "two")
    assert len(one) == len(two) == 21  # 20 lines of terms and one of metrics
    for expected, line in zip(one, two, strict=True):
        terms = {name: value for name, value in expected.items() if not name.startswith("validation/")}
        assert {name: line[name] for name in terms} == pytest.approx(terms, rel=0, abs=1e-5)
    expected_weights, weights = load_weights(empty / "one"), load_weights(empty / "two")
    assert expected_weights.keys() == weights.keys()
    errors = {
        name: (weights[name] - value).abs().max().item() for name, value in expected_weights.items() if value.numel()
    }
    assert max(errors.values()) < 1e-5, max(errors.items(), key=lambda item: item[1])


@pytest.mark.slow
def test_a_process_that_is_killed_costs_only_time(empty: Path) -> None:
    arguments = ("ccgan", *SMALL, *WITHOUT_NORM, "--steps", "60", "--checkpoint-every", "10")
    train(empty, *arguments, "--run-dir", "complete", processes=2)
    process = start_training(empty, *arguments, "--run-dir", "killed", processes=2, restarts=1)
    wait_for(empty / "killed" / "checkpoints" / "step-00000010" / "state.json")
    _, second = list_children(process.pid)
    os.kill(second, signal.SIGKILL)
    _, stderr = process.communicate(timeout=240)
    assert process.returncode == 0, stderr
    assert "Resuming from step" in stderr
    assert read_metrics(empty / "killed") == read_metrics(empty / "complete")
    expected, weights = load_weights(empty / "complete"), load_weights(empty / "killed")
    assert all(torch.equal(expected[name], weights[name]) for name in expected)


@pytest.mark.slow
def test_sigterm_saves_the_step_of_all_processes_and_one_process_can_resume(empty: Path) -> None:
    arguments = ("ccgan", *SMALL, *WITHOUT_NORM, "--steps", "300", "--run-dir", "run")
    process = start_training(empty, *arguments, processes=2)
    wait_for(empty / "run" / "checkpoints" / "step-00000100" / "state.json")
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert "Terminated at step" in stderr
    step = int(max((empty / "run" / "checkpoints").glob("step-*")).name.removeprefix("step-"))
    assert 100 < step < 300
    assert f"Resuming from step {step}." in train(empty, *arguments)


@pytest.mark.slow
def test_a_batch_that_cannot_be_divided_is_refused(empty: Path) -> None:
    process = start_training(empty, "ccgan", "--batch-size", "6", "--run-dir", "run", processes=2)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "2 processes cannot divide a batch of 6 images (3 + 3) equally." in stderr
    assert not (empty / "run").exists()


@pytest.mark.slow
def test_two_launchers_train_together_as_on_two_machines(empty: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        endpoint = f"localhost:{free.getsockname()[1]}"
    rendezvous = ("--nnodes=2", "--nproc-per-node=1", "--rdzv-backend=c10d", f"--rdzv-endpoint={endpoint}")
    arguments = ("-m", "zoo_core", "train", "ccgan", *SMALL, "--steps", "2", "--run-dir", "run")
    launchers = [launch_torchrun(empty, *rendezvous, *arguments) for _ in range(2)]
    outputs = [launcher.communicate(timeout=120) for launcher in launchers]
    assert [launcher.returncode for launcher in launchers] == [0, 0], outputs
    assert sum(stdout.count("Trained for 2 steps") for stdout, _ in outputs) == 1


@pytest.mark.slow
def test_the_commands_for_one_machine_in_the_documentation_work(empty: Path, repository: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (repository / "docs" / "scaling.md").read_text(), re.DOTALL)
    commands = [block.strip() for block in blocks if block.startswith("torchrun --nproc-per-node")]
    assert len(commands) == 3
    for command in commands:
        small = ("--width", "4", "--steps", "2") if " train " in command else ("--width", "4")
        process = launch_torchrun(empty, *shlex.split(command)[1:], *small)
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr


@pytest.mark.slow
def test_bench_reports_the_time_for_averaging(empty: Path) -> None:
    arguments = ("-m", "zoo_core", "bench", "ccgan", "--width", "4", "--batch-size", "12", "--steps", "5", "--json")
    process = launch_torchrun(empty, "--standalone", "--nproc-per-node", "2", *arguments)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    result = json.loads(stdout)
    assert result["processes"] == 2
    assert 0 < result["averaging"] < 1
