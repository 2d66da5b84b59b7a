"""The code and commands of docs/plugins.md work in their order, and its reference describes every hook."""

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from program import Run

from zoo_core.interfaces.hooks import Callback, RegistrationHooks

PYTHON_FILE = re.compile(r"^`(zoo_sketch/\w+\.py)`\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL_COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="session")
def tutorial(repository: Path) -> str:
    return (repository / "docs/plugins.md").read_text()


@pytest.mark.slow
def test_the_tutorial_works_from_top_to_bottom(process: Run, tutorial: str, empty: Path, tmp_path: Path) -> None:
    """Each training takes two steps. The package is found through PYTHONPATH instead of an editable installation."""
    package, site = empty / "zoo-sketch", tmp_path / "site"
    path = {"PYTHONPATH": f"{package}:{site}"}
    matches = [*PYTHON_FILE.finditer(tutorial), *SHELL_COMMANDS.finditer(tutorial)]
    assert len(matches) >= 8
    for match in sorted(matches, key=lambda match: match.start()):
        if match.re is PYTHON_FILE:
            (package / match[1]).write_text(match[2])
            continue
        for command in match[1].splitlines():
            if command == "pip install -e zoo-sketch":
                pip = f"{sys.executable} -m pip install -q --no-deps --no-build-isolation --target {site} {package}"
                subprocess.run(pip.split(), check=True, capture_output=True)
                continue
            short_training = ("--steps", 2) if command.startswith("zoo train") else ()
            done = process(*shlex.split(command)[1:], *short_training, **path)
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    refused = process("train", "sketch", "-o", "generator.layers=9", **path)
    assert refused.stderr.strip().removeprefix("zoo: ") in tutorial.replace("\n", " ")


def test_every_hook_is_documented_with_its_exact_arguments(tutorial: str) -> None:
    documented = dict(re.findall(r"^### `(\w+)\((.*?)\)`", tutorial, re.MULTILINE))
    hooks = {
        name: ", ".join(list(inspect.signature(method).parameters)[1:])
        for specification in (RegistrationHooks, Callback)
        for name, method in vars(specification).items()
        if not name.startswith("_")
    }
    assert documented == hooks


def test_every_hook_is_implemented_by_a_built_in_plugin(repository: Path) -> None:
    packages = ("zoo_core", "ccgan_plugin")
    sources = [path.read_text() for package in packages for path in (repository / package).rglob("*.py")]
    for specification in (RegistrationHooks, Callback):
        for name in vars(specification):
            if not name.startswith("_"):
                assert any(re.search(rf"@hookimpl\s+def {name}\(", source) for source in sources), name


def test_the_tutorial_links_to_every_example(tutorial: str, repository: Path) -> None:
    links = set(re.findall(r"\]\(\.\./examples/([\w-]+)\)", tutorial))
    assert links == {path.name for path in (repository / "examples").iterdir() if path.is_dir()}
