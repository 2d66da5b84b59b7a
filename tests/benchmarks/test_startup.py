"""How long the light commands take, as whole processes; the fastest of several runs is what the machine can do."""

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

LIMITS = {"--help": 0.3, "list": 0.4, "plugins": 0.4}  # seconds


@pytest.mark.parametrize("command", LIMITS)
def test_light_commands_answer_at_once(benchmark: BenchmarkFixture, command: str) -> None:
    def answer() -> None:
        subprocess.run([sys.executable, "-m", "zoo_core", command], check=True, capture_output=True)

    benchmark.pedantic(answer, rounds=7, warmup_rounds=1)
    assert benchmark.stats.stats.min < LIMITS[command]
