"""The examples, installed as third parties' packages are, pass their own tests beside the zoo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "examples").glob("*/pyproject.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_installs_and_passes_its_own_tests(example: str, repository: Path, tmp_path: Path) -> None:
    source, site = repository / "examples" / example, tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", site, source]
    subprocess.run(list(map(str, pip)), check=True, capture_output=True)
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(source / "tests")]
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(tests, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
