"""Trained runs, copies of them that a test may change, and their reports."""

import shutil
from collections.abc import Callable
from pathlib import Path

import program
import pytest
from html_page import Page
from program import Run
from report_files import Copy

SMALL = ("--width", 2, "--batch-size", 8, "--log-every", 1, "--evaluate-every", 2)


@pytest.fixture(autouse=True)
def without_reports() -> None:
    """Leaves reports switched on."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with trained runs of two seeds, for reading only."""
    folder = tmp_path_factory.mktemp("trained")
    for seed in (0, 1):
        done = program.run_here(
            "train", "ccgan", "--steps", 4, "--seed", seed, *SMALL, "--run-dir", folder / f"seed-{seed}"
        )
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copy(trained: Path, empty: Path) -> Copy:
    """Copies a run into the working folder of the test."""

    def copy_run(name: str = "r", seed: int = 0) -> Path:
        shutil.copytree(trained / f"seed-{seed}", empty / name)
        return Path(name)

    return copy_run


@pytest.fixture
def report(zoo: Run, copy: Copy) -> Callable[[Path], Page]:
    """Writes the report of a run again and reads it."""

    def write_and_read(run: Path) -> Page:
        done = zoo("report", run)
        assert (done.returncode, done.stdout) == (0, f"Report: {run}/report.html\n"), done.stderr
        return Page.read(run / "report.html")

    return write_and_read
