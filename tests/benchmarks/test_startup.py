"""How long the program takes to answer, as whole processes; the fastest of several runs is what the machine can do."""

import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

LIMITS = {"--help": 0.2, "list": 0.3, "plugins": 0.3}  # seconds
FIRST_STEP = 8.0  # seconds
STEPPED = "step 1/1 "  # what `zoo train` says after it


@pytest.mark.parametrize("command", LIMITS)
def test_light_commands_answer_at_once(benchmark: BenchmarkFixture, command: str) -> None:
    def answer() -> None:
        subprocess.run([sys.executable, "-m", "zoo_core", command], check=True, capture_output=True)

    benchmark.pedantic(answer, rounds=7, warmup_rounds=1)
    assert benchmark.stats.stats.min < LIMITS[command]


@pytest.mark.slow
def test_the_first_training_step_is_soon_done(tmp_path: Path) -> None:
    """The first process fills the file cache."""
    times = [seconds_to_the_first_step(tmp_path / str(number)) for number in range(4)]
    assert min(times[1:]) < FIRST_STEP


def seconds_to_the_first_step(folder: Path) -> float:
    """From enter to the line that says so; the process is left to end by itself."""
    arguments = ["train", "ccgan", "--steps", "1", "--run-dir", str(folder)]
    began = monotonic()
    with subprocess.Popen([sys.executable, "-m", "zoo_core", *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(STEPPED):
                took = monotonic() - began
                process.stderr.read()
                return took
    pytest.fail("there was no first step")
