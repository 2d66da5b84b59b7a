"""Fixtures of many tests: the installed components, the program as a user runs it, and real data if available."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = "1"  # the workers share the cores; torch reads this when it is imported

from collections.abc import Iterator
from pathlib import Path

import program
import pytest
from fork_server import ForkServer, run_fork_server

from registry import Catalogue
from zoo_core.interfaces.hooks import load_installed_plugins

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_installed_plugins().catalogue


@pytest.fixture(autouse=True)
def without_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables the reports of small trainings, which take longer than the trainings; tests of reports override this."""
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "report")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Uses a cache of its own instead of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the test runs."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """Starts processes that have imported torch already."""
    with run_fork_server(tmp_path_factory.mktemp("processes")) as server:
        yield server


@pytest.fixture
def process(empty: Path, fork_server: ForkServer) -> program.Run:
    """Runs `zoo` in a separate process, in an empty folder."""
    return program.run_forked(fork_server, empty)


@pytest.fixture
def cold_process(empty: Path) -> program.Run:
    """Runs `python -m zoo_core`, which imports everything anew, in an empty folder."""
    return program.run_cold(empty)


@pytest.fixture
def zoo(empty: Path) -> program.Run:
    """Runs `zoo` in the process of the test, in an empty folder."""
    return program.run_here


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ccgan on digits after two steps; tests only read it."""
    path = tmp_path_factory.mktemp("small") / "run"
    done = program.run_here("train", "ccgan", "--steps", 2, "--width", 4, "--run-dir", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets; tests that need it are skipped if there is none."""
    folder = Path(os.environ.get("ZOO_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}; name their folder with ZOO_TEST_DATA")
    return folder
