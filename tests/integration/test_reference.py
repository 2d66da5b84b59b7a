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

PACKAGES = (zoo_core, zoo_core.plugin_kit, ccgan_plugin)
PUBLIC = [(package, name) for package in PACKAGES for name in package.__all__]


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
    if inspect.isclass(public):
        assert examples, f"{name} has no example"
    for example in examples:
        assert "Examples:\n" in str(example.docstring), "the Python reference displays only this section as code"
        assert doctest.DocTestRunner().run(example).failed == 0
