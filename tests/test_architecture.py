"""The floor plan, enforced: who may import whom, and what must stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from program import Run
from site_folder import Site

FLOORS = (
    "registry",
    "zoo_core.interfaces",
    "zoo_core.training",
    "zoo_core.inference",
    "zoo_core.cli",
    "zoo_core.plugin_kit",
    "zoo_core.report",
    "zoo_core.demo",
    "ccgan_plugin",
)
MAY_IMPORT = {
    "registry": {"registry"},
    "zoo_core.interfaces": {"registry", "zoo_core.interfaces"},
    "zoo_core.training": {"zoo_core.interfaces", "zoo_core.training"},
    "zoo_core.inference": {"zoo_core.interfaces", "zoo_core.training", "zoo_core.inference"},
    "zoo_core.cli": {"registry", "zoo_core.interfaces", "zoo_core.training", "zoo_core.inference", "zoo_core.cli"},
    "zoo_core.plugin_kit": {"registry", "zoo_core", "zoo_core.plugin_kit"},
    "zoo_core.report": {"registry", "zoo_core", "zoo_core.training", "zoo_core.cli", "zoo_core.report"},
    "zoo_core.demo": {
        "registry",
        "zoo_core",
        "zoo_core.interfaces",
        "zoo_core.training",
        "zoo_core.inference",
        "zoo_core.cli",
        "zoo_core.demo",
    },
    "ccgan_plugin": {"zoo_core", "ccgan_plugin"},
}
FORBIDDEN = {
    "registry": {"torch", "click", "rich", "pydantic"},
    "zoo_core.interfaces": {"rich"},
    "zoo_core.training": {"click", "rich"},
    "zoo_core.inference": {"click", "rich"},
}


@pytest.fixture(autouse=True)
def without_reports() -> None:
    """All plugins are looked at."""


def imports(path: Path) -> list[tuple[str, set[str]]]:
    """Modules imported in a file, each with the names taken."""
    found: list[tuple[str, set[str]]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, set()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append((node.module or "", {alias.name for alias in node.names}))
    return found


def floor_of(module: str) -> str | None:
    return next((floor for floor in FLOORS if module == floor or module.startswith(floor + ".")), None)


@pytest.mark.parametrize("floor", FLOORS)
def test_rooms_import_only_what_they_may(floor: str, repository: Path) -> None:
    files = sorted((repository / floor.replace(".", "/")).rglob("*.py"))
    assert files
    for path in files:
        for module, names in imports(path):
            if module.split(".")[0] in FORBIDDEN.get(floor, set()):
                pytest.fail(f"{path} imports {module}")
            target = "zoo_core" if module == "zoo_core" else floor_of(module)
            assert target is None or target in MAY_IMPORT[floor], f"{path} imports {module} ({names})"


def test_a_plugin_uses_nothing_but_the_public_names(repository: Path) -> None:
    import zoo_core

    for path in (repository / "ccgan_plugin").rglob("*.py"):
        for module, names in imports(path):
            assert not module.startswith(("zoo_core.", "registry")), f"{path} reaches into {module}"
            if module == "zoo_core":
                assert names <= set(zoo_core.__all__), f"{path} takes {names - set(zoo_core.__all__)}"


def test_the_registry_that_is_imported_is_ours(repository: Path) -> None:
    import registry

    assert Path(registry.__file__).parent.joinpath("plugins.py").is_file()
    assert registry.load_plugins.__module__ == "registry.loading"


def test_every_public_name_can_be_imported() -> None:
    import zoo_core

    for name in zoo_core.__all__:
        assert getattr(zoo_core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Genertor'"):
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
    assert not loaded & {"torch", "torchvision", "numpy", "pydantic", "sklearn", "matplotlib", "jinja2"}


WITNESS = """
    import os
    import sys
    from pathlib import Path

    from zoo_core import hookimpl


    @hookimpl
    def metrics_logged(step, metrics):
        Path("modules.txt").write_text("\\n".join([f"step {step}", *metrics, *sys.modules]))
        os._exit(0)  # what comes after the first step does not matter
"""
NOT_FOR_A_STEP = {"torchvision", "torchmetrics", "matplotlib", "jinja2", "onnx", "gradio", "transformers"}


def test_a_training_step_waits_for_nothing_that_it_does_not_use(
    process: Run, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries that take seconds to import come after the first step, where something needs them."""
    site = tmp_path / "site"
    site.mkdir()
    Site(site).install("witness", WITNESS)
    monkeypatch.setenv("ZOO_PLUGINS", "ccgan,data,tensorboard,witness")
    done = process("train", "ccgan", "--steps", 1, "--width", 2, "--run-dir", "run", PYTHONPATH=str(site))
    assert done.returncode == 0, done.stderr
    seen = set((empty / "modules.txt").read_text().splitlines())
    assert {"step 1", "generator/rec", "torch", "zoo_core.training.training_step"} <= seen
    assert not seen & NOT_FOR_A_STEP


def test_importing_plugin_modules_does_not_import_torch() -> None:
    script = "import sys, ccgan_plugin.plugin, ccgan_plugin.recipes, zoo_core; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr
