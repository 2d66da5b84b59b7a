"""Which modules import which, read from the source: imports in functions and under TYPE_CHECKING count as well."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("registry", "zoo_core", "ccgan_plugin")


class Import(NamedTuple):
    """One import of a module.

    Attributes:
        source: The written module, such as "zoo_core".
        name: The imported name; empty for `import source`.
        target: The module that defines the name; the written one outside of our packages.
    """

    source: str
    name: str
    target: str


def read_imports(repository: Path) -> dict[str, set[Import]]:
    """The imports of all modules of our packages."""
    modules = _find_modules(repository)
    public = _read_public_names(repository)
    imports: dict[str, set[Import]] = {}
    for module, path in modules.items():
        imports[module] = set()
        for source, name in _parse_imports(path):
            submodule = f"{source}.{name}"
            target = public.get((source, name)) or (submodule if submodule in modules else source)
            assert target in modules or target.split(".")[0] not in PACKAGES, f"{path} imports {target}"
            imports[module].add(Import(source, name, target))
    return imports


def _find_modules(repository: Path) -> dict[str, Path]:
    paths = [path for package in PACKAGES for path in sorted((repository / package).rglob("*.py"))]
    return {_name_module(path.relative_to(repository)): path for path in paths}


def _name_module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _read_public_names(repository: Path) -> dict[tuple[str, str], str]:
    """The module that defines each lazily imported name, by package and name."""
    defining = {}
    for package in PACKAGES:
        for path in (repository / package).rglob("__init__.pyi"):
            module = _name_module(path.relative_to(repository))
            for source, name in _parse_imports(path):
                defining[module, name] = f"{module}.{source}"
    return defining


def _parse_imports(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert path.suffix == ".pyi" or not node.level, f"{path} has a relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)
