"""The Python reference has every public name, and the examples in docstrings are true."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import ccgan_plugin
import zoo_core
import zoo_core.plugin_kit
from zoo_core.interfaces import capabilities

PACKAGES = (zoo_core, zoo_core.plugin_kit, ccgan_plugin)
PUBLIC = [(package, name) for package in PACKAGES for name in package.__all__]
CAPABILITIES = {name for name in vars(capabilities) if name in zoo_core.__all__}
WITHOUT_EXAMPLE = CAPABILITIES | {"Check", "ContractError", "Register", "Terms", "UsageError", "ZooError"}


def test_every_public_name_is_in_the_python_reference(repository: Path) -> None:
    page = (repository / "docs/reference/python.md").read_text()
    assert set(re.findall(r"^::: (\S+)$", page, re.MULTILINE)) == {f"{p.__name__}.{name}" for p, name in PUBLIC}


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=[name for _, name in PUBLIC])
def test_examples_in_docstrings_are_true(package: object, name: str) -> None:
    public = getattr(package, name)
    if not inspect.isclass(public) and not inspect.isfunction(public):
        return
    module = importlib.import_module(public.__module__)
    examples = [example for example in doctest.DocTestFinder().find(public, name, module) if example.examples]
    if inspect.isclass(public) and name not in WITHOUT_EXAMPLE:
        assert examples, f"{name} has no example"
    for example in examples:
        assert doctest.DocTestRunner().run(example).failed == 0
