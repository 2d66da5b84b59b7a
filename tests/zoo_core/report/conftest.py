from pathlib import Path

import program
import pytest

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
