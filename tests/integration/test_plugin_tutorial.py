"""docs/plugins.md: its code and commands, in their order, and its reference against the hooks."""

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from program import in_a_process

from zoo_core.interfaces.hookspecs import Callback, Registration

FILE = re.compile(r"^`(zoo_sketch/\w+\.py)`\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def tutorial(repository: Path) -> str:
    return (repository / "docs/plugins.md").read_text()


@pytest.mark.slow
def test_the_tutorial_works_from_top_to_bottom(tutorial: str, empty: Path, tmp_path: Path) -> None:
    """Trainings are shortened to two steps; what pip would link is put on the path."""
    package, site = empty / "zoo-sketch", tmp_path / "site"
    zoo = in_a_process(empty)
    path = {"PYTHONPATH": f"{package}:{site}"}
    parts = sorted([*FILE.finditer(tutorial), *SHELL.finditer(tutorial)], key=lambda part: part.start())
    assert len(parts) >= 8
    for part in parts:
        if part.re is FILE:
            (package / part[1]).write_text(part[2])
            continue
        for command in part[1].splitlines():
            if command == "pip install -e zoo-sketch":
                pip = f"{sys.executable} -m pip install -q --no-deps --no-build-isolation --target {site} {package}"
                subprocess.run(pip.split(), check=True, capture_output=True)
                continue
            short = ("--steps", 2) if command.startswith("zoo train") else ()
            done = zoo(*shlex.split(command)[1:], *short, **path)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    refused = zoo("train", "sketch", "-o", "generator.layers=9", **path)
    assert refused.stderr.strip().removeprefix("zoo: ") in tutorial.replace("\n", " ")


def test_every_hook_is_documented_with_its_exact_arguments(tutorial: str) -> None:
    documented = dict(re.findall(r"^### `(\w+)\((.*?)\)`", tutorial, re.MULTILINE))
    hooks = {
        name: ", ".join(list(inspect.signature(method).parameters)[1:])
        for specification in (Registration, Callback)
        for name, method in vars(specification).items()
        if not name.startswith("_")
    }
    assert documented == hooks


def test_every_hook_has_a_user_in_the_zoo_itself(repository: Path) -> None:
    """Each hook is implemented by a module that the zoo ships, not by a test alone."""
    sources = [path.read_text() for room in ("zoo_core", "ccgan_plugin") for path in (repository / room).rglob("*.py")]
    for specification in (Registration, Callback):
        for name in vars(specification):
            if not name.startswith("_"):
                assert any(re.search(rf"@hookimpl\s+def {name}\(", source) for source in sources), name


def test_every_example_is_named_and_is_there(tutorial: str, repository: Path) -> None:
    named = set(re.findall(r"\]\(\.\./examples/([\w-]+)\)", tutorial))
    assert named == {path.name for path in (repository / "examples").iterdir() if path.is_dir()}
