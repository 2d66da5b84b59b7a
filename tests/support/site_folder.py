"""A folder of installed distributions, as pip leaves it."""

import textwrap
from importlib.metadata import distributions
from pathlib import Path

from registry import Plugins, load_plugins
from zoo_core.interfaces.hookspecs import plugin_api

SOUND = """
    from zoo_core import hookimpl

    @hookimpl
    def register_components(register):
        register.loss("hinge", "{module}:Hinge", "Hinge loss.")
"""

BROKEN = {
    "import error": (
        "import no_such_module_anywhere",
        "ModuleNotFoundError.*no_such_module_anywhere.*broken.py, line 1",
    ),
    "syntax error": ("def register_components(:", "SyntaxError"),
    "exit at import": ("raise SystemExit(3)", "SystemExit: 3"),
    "error in the hook": (
        "from zoo_core import hookimpl\n@hookimpl\ndef register_components(register): 1 / 0",
        r"ZeroDivisionError.*broken.py, line 3",
    ),
    "misspelt hook": (
        "from zoo_core import hookimpl\n@hookimpl\ndef register_component(register): pass",
        "unknown hook 'register_component'",
    ),
    "wrong arguments": (
        "from zoo_core import hookimpl\n@hookimpl\ndef register_components(registry): pass",
        r"Argument\(s\) {'registry'} are declared in the hookimpl but can not be found",
    ),
    "registered twice": (
        "from zoo_core import hookimpl\n@hookimpl\ndef register_components(register):\n"
        "    for _ in 'ab': register.loss('x', 'a:B', 'X.')",
        "loss 'x' is registered twice",
    ),
    "no hook": ("def register_components(register): pass", "implements no hook: is @hookimpl missing"),
    "other API version": ("from zoo_core import hookimpl\nZOO_API = 99", "made for plugin API 99, this is 1"),
}


class Site:
    """A folder of installed distributions."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def install(self, module: str, source: str, name: str = "", distribution: str = "", target: str = "") -> None:
        """Installs a distribution with one plugin, as pip would leave it."""
        distribution = distribution or f"zoo-{module}"
        (self.path / f"{module}.py").write_text(textwrap.dedent(source.replace("{module}", module)))
        info = self.path / f"{distribution.replace('-', '_')}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[gan_zoo]\n{name or module} = {target or module}\n")

    def load(self, **environ: str) -> Plugins:
        found = [entry for dist in distributions(path=[str(self.path)]) for entry in dist.entry_points]
        return load_plugins(plugin_api(), found, environ)
