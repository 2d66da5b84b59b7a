"""Runs the program as a user types it."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner
from fork_server import ForkServer

from zoo_core.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a user sees of a finished command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


def run_cold(folder: Path) -> Run:
    """Runs `python -m zoo_core` in a folder."""

    def run(*arguments: object, **environment: str) -> Done:
        command = [sys.executable, "-m", "zoo_core", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def run_forked(server: ForkServer, folder: Path) -> Run:
    """Runs `zoo` in a forked process, in a folder."""

    def run(*arguments: object, **environment: str) -> Done:
        started = server.start(arguments, folder, os.environ | environment)
        stdout, stderr = started.communicate()
        assert started.returncode is not None
        return Done(started.returncode, stdout, stderr)

    return run


def run_here(*arguments: object) -> Done:
    """Runs `zoo` inside this process, with the same output, without waiting for the import of torch."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="zoo")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)
