"""The example packages, installed like packages of third parties, pass their own tests."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from program import Run

EXAMPLES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "examples").glob("*/pyproject.toml"))


def install(source: Path, site: Path) -> dict[str, str]:
    """Installs a package into a folder; returns the environment variables that make it importable."""
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", site, source]
    subprocess.run(list(map(str, pip)), check=True, capture_output=True)
    return {"PYTHONPATH": str(site)}


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_installs_and_passes_its_own_tests(example: str, repository: Path, tmp_path: Path) -> None:
    source = repository / "examples" / example
    environment = os.environ | install(source, tmp_path / "site")
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(source / "tests")]
    done = subprocess.run(tests, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.slow
def test_cyclegan_trains_on_two_folders_of_real_photos(
    process: Run, shared_data: Path, repository: Path, tmp_path: Path
) -> None:
    with tarfile.open(shared_data / "cifar10-jpg.tar.gz") as archive:
        photos = [m for m in archive if m.isfile() and m.name.startswith(("train/horse/00", "train/deer/00"))]
        archive.extractall(tmp_path / "photos", photos, filter="data")
    site = install(repository / "examples" / "zoo-cyclegan", tmp_path / "site")
    done = process("train", "cyclegan", "--data", tmp_path / "photos" / "train", "--steps", 2, "--run-dir", "r", **site)
    assert done.returncode == 0, done.stderr
    assert "G cycle" in done.stderr
