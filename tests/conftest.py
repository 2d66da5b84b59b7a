"""What many tests use: the installed zoo, the program as a user runs it, and real data where there are any."""

import os
from collections.abc import Iterator
from pathlib import Path

import program
import pytest

from registry import Catalogue, load_plugins
from zoo_core.interfaces.hookspecs import plugin_api

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_plugins(plugin_api()).catalogue


@pytest.fixture(autouse=True)
def without_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the reports of small trainings out, which take longer than these; tests about reports override this."""
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "report")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps what tests put into the cache out of the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the test works in."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def process(empty: Path) -> program.Run:
    """Runs `zoo` as a process of its own, in an empty folder."""
    return program.in_a_process(empty)


@pytest.fixture
def zoo(empty: Path) -> program.Run:
    """Runs `zoo` inside the test's process, in an empty folder."""
    return program.here


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ccgan on digits that has learnt next to nothing, to read from only."""
    path = tmp_path_factory.mktemp("small") / "run"
    done = program.here("train", "ccgan", "--steps", 2, "--width", 4, "--run-dir", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("ZOO_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder}; name their folder with ZOO_TEST_DATA")
    return folder
