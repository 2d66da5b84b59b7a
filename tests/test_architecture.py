"""The order of the packages: which modules may import which, and what must not import torch."""

import subprocess
import sys
import tomllib
from collections.abc import Iterable
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from import_graph import Import, read_imports
from program import Run
from site_folder import Site

# The core itself, offered as plugins so that users can disable them: these may import everything in the core.
PRIVILEGED_PLUGINS = ("zoo_core.data.plugin", "zoo_core.demo", "zoo_core.plugin_kit", "zoo_core.report")
# Plugins like any other: these import only the public names of `zoo_core`.
ORDINARY_PLUGINS = ("ccgan_plugin", "zoo_core.tensorboard")
# A module may import its own package and the layers before it. Packages of one layer do not import each other.
LAYERS = (
    ("registry",),
    ("zoo_core.extras", "zoo_core.files"),
    ("zoo_core.interfaces",),
    ("zoo_core",),  # only the module itself: it imports the public names on first use
    ("zoo_core.data",),
    ("zoo_core.evaluation",),
    ("zoo_core.training",),
    ("zoo_core.config",),
    ("zoo_core.inference",),
    ("zoo_core.cli",),
    ("zoo_core.__main__", *PRIVILEGED_PLUGINS, *ORDINARY_PLUGINS),
)
ORDER = {package: number for number, layer in enumerate(LAYERS) for package in layer}
LIBRARIES_OF_COMMANDS = {"click", "rich"}
FORBIDDEN_LIBRARIES = {
    "registry": {"torch", "pydantic"} | LIBRARIES_OF_COMMANDS,
    "zoo_core.extras": LIBRARIES_OF_COMMANDS,
    "zoo_core.files": LIBRARIES_OF_COMMANDS,
    "zoo_core.interfaces": {"rich"},
    "zoo_core.data": LIBRARIES_OF_COMMANDS,
    "zoo_core.evaluation": LIBRARIES_OF_COMMANDS,
    "zoo_core.training": LIBRARIES_OF_COMMANDS,
    "zoo_core.config": LIBRARIES_OF_COMMANDS,
    "zoo_core.inference": LIBRARIES_OF_COMMANDS,
}
HEAVY_LIBRARIES = {"torch", "torchvision", "numpy", "pydantic", "sklearn", "matplotlib", "jinja2"}


@pytest.fixture(autouse=True)
def without_reports() -> None:
    """Enables all plugins."""


@pytest.fixture(scope="module")
def imports(repository: Path) -> dict[str, set[Import]]:
    return read_imports(repository)


def find_package(module: str, packages: Iterable[str] = ORDER) -> str | None:
    """The innermost of the packages that contains a module; `zoo_core` contains only itself."""
    names = [name for name in packages if module == name or (name != "zoo_core" and module.startswith(f"{name}."))]
    return max(names, key=len, default=None)


def test_every_module_belongs_to_a_layer(imports: dict[str, set[Import]]) -> None:
    assert {package for module in imports if (package := find_package(module))} == set(ORDER)
    assert [module for module in imports if find_package(module) is None] == []


def test_a_module_imports_only_its_own_package_and_lower_layers(imports: dict[str, set[Import]]) -> None:
    for module, found in imports.items():
        package = find_package(module)
        assert package is not None
        for target in {imported.target for imported in found}:
            imported_package = find_package(target)
            if imported_package not in (None, package):
                assert ORDER[imported_package] < ORDER[package], f"{module} imports {target}"


def test_no_modules_import_each_other(imports: dict[str, set[Import]]) -> None:
    graph = {module: {imported.target for imported in found} - {module} for module, found in imports.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("package", FORBIDDEN_LIBRARIES)
def test_a_package_does_not_import_forbidden_libraries(imports: dict[str, set[Import]], package: str) -> None:
    for module in imports:
        if find_package(module) == package:
            libraries = {imported.source.split(".")[0] for imported in imports[module]}
            assert not libraries & FORBIDDEN_LIBRARIES[package], module


def test_an_ordinary_plugin_imports_only_public_names(imports: dict[str, set[Import]]) -> None:
    import zoo_core

    for module, found in imports.items():
        if plugin := find_package(module, ORDINARY_PLUGINS):
            for source, name, _ in found:
                if source.split(".")[0] in ("registry", "zoo_core") and find_package(source, (plugin,)) is None:
                    assert source == "zoo_core", f"{module} imports {source}"
                    assert name in zoo_core.__all__, f"{module} imports zoo_core.{name}"


def test_every_plugin_of_the_distribution_is_either_privileged_or_ordinary(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    targets = {target.partition(":")[0] for target in project["entry-points"]["gan_zoo"].values()}
    assert {find_package(target) for target in targets} == {*PRIVILEGED_PLUGINS, *ORDINARY_PLUGINS}


def test_the_imported_registry_is_the_one_of_this_project() -> None:
    import registry

    assert Path(registry.__file__).parent.joinpath("plugins.py").is_file()
    assert registry.load_plugins.__module__ == "registry.plugins"


def test_every_public_name_can_be_imported() -> None:
    import zoo_core

    for name in zoo_core.__all__:
        assert getattr(zoo_core, name) is not None
    with pytest.raises(AttributeError, match="No zoo_core attribute Genertor"):
        _ = zoo_core.Genertor  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [["--help"], ["list"], ["list", "--json"], ["plugins"], ["plugins", "--json"]])
def test_light_commands_never_import_torch(command: list[str]) -> None:
    script = (
        "import sys\nfrom zoo_core.cli.main import main\n"
        f"main({command!r}, standalone_mode=False)\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.split())
    assert "zoo_core.cli.main" in loaded
    assert not loaded & HEAVY_LIBRARIES


RECORDS_MODULES = """
    import os
    import sys
    from pathlib import Path

    from zoo_core import hookimpl


    @hookimpl
    def metrics_logged(step, metrics):
        Path("modules.txt").write_text("\\n".join([f"step {step}", *metrics, *sys.modules]))
        os._exit(0)  # the rest of the training does not matter
"""
NOT_NEEDED_FOR_A_STEP = {"torchvision", "torchmetrics", "matplotlib", "jinja2", "onnx", "gradio", "transformers"}


def test_the_first_training_step_does_not_wait_for_libraries_that_it_does_not_use(
    cold_process: Run, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries that take seconds to import are imported later, when they are needed."""
    site = tmp_path / "site"
    site.mkdir()
    Site(site).install("recorder", RECORDS_MODULES)
    monkeypatch.setenv("ZOO_PLUGINS", "ccgan,data,tensorboard,recorder")
    done = cold_process("train", "ccgan", "--steps", 1, "--width", 2, "--run-dir", "run", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    imported = set((empty / "modules.txt").read_text().splitlines())
    assert {"step 1", "generator/rec", "torch", "zoo_core.training.training_step"} <= imported
    assert not imported & NOT_NEEDED_FOR_A_STEP


def test_importing_plugin_modules_does_not_import_torch() -> None:
    script = "import sys, ccgan_plugin.plugin, zoo_core; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
