"""The program as a user types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from zoo_core.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a user sees of a command that has ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


def in_a_process(folder: Path) -> Run:
    """Runs `zoo` as a process of its own, in a folder."""

    def run(*arguments: object, **environment: str) -> Done:
        command = [sys.executable, "-m", "zoo_core", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def here(*arguments: object) -> Done:
    """Runs `zoo` inside this process: the same words on the same streams, without waiting for torch."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="zoo")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
