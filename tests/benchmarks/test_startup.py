"""How long the program takes to start; the fastest of several processes counts."""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic

import pytest

LIMITS = {"--help": 0.2, "list": 0.3, "plugins": 0.3}  # seconds of a processor
ROUNDS = 7
FIRST_STEP = 8.0  # seconds
FIRST_STEP_LINE = "step 1/1 "  # what `zoo train` prints after it


@pytest.mark.parametrize("command", LIMITS)
def test_light_commands_are_fast(command: str) -> None:
    """Measured in seconds of a processor, which other tests do not change much."""
    seconds = []
    for _ in range(ROUNDS):
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "zoo_core", command], check=True, capture_output=True)
        after = getrusage(RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < LIMITS[command]


@pytest.mark.slow
def test_the_first_training_step_is_completed_soon(tmp_path: Path) -> None:
    """The first process fills the file cache."""
    times = [seconds_to_the_first_step(tmp_path / str(number)) for number in range(4)]
    assert min(times[1:]) < FIRST_STEP


def seconds_to_the_first_step(folder: Path) -> float:
    """From the start of the process to the line of the first step."""
    arguments = ["train", "ccgan", "--steps", "1", "--run-dir", str(folder)]
    began = monotonic()
    with subprocess.Popen([sys.executable, "-m", "zoo_core", *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(FIRST_STEP_LINE):
                took = monotonic() - began
                process.stderr.read()
                return took
    pytest.fail("there was no first step")
