"""The time that the program takes to start; the fastest of several processes counts."""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import monotonic

import pytest

LIMITS = {"--help": 0.2, "list": 0.3, "plugins": 0.3}  # seconds of CPU time
ROUNDS = 7
FIRST_STEP_LIMIT = 8.0  # seconds
FIRST_STEP_LINE = "step 1/1 "  # the start of the line that `zoo train` prints after the first step


@pytest.mark.parametrize("command", LIMITS)
def test_light_commands_are_fast(command: str) -> None:
    """CPU time is measured, which depends little on other tests that run at the same time."""
    seconds = []
    for _ in range(ROUNDS):
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "zoo_core", command], check=True, capture_output=True)
        after = getrusage(RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < LIMITS[command]


@pytest.mark.slow
def test_the_first_training_step_takes_a_few_seconds(tmp_path: Path) -> None:
    """The first process is not counted, because it fills the file cache."""
    times = [measure_time_to_first_step(tmp_path / str(number)) for number in range(3)]
    assert min(times[1:]) < FIRST_STEP_LIMIT


def measure_time_to_first_step(folder: Path) -> float:
    """Measures the seconds from the start of the process to the line of the first step."""
    arguments = ["train", "ccgan", "--steps", "1", "--run-dir", str(folder)]
    started = monotonic()
    with subprocess.Popen([sys.executable, "-m", "zoo_core", *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(FIRST_STEP_LINE):
                seconds = monotonic() - started
                process.stderr.read()
                return seconds
    pytest.fail("zoo train ended without a first step")
