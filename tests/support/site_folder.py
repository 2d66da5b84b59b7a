"""A folder of installed distributions, as pip creates it."""

import textwrap
from importlib.metadata import distributions
from pathlib import Path

from registry import Plugins, load_plugins
from zoo_core.interfaces.hooks import PLUGIN_API

VALID = """
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
    "hook wrapper": (
        "from zoo_core import hookimpl\n@hookimpl(wrapper=True)\ndef register_components(register): yield",
        "has a hook wrapper, but hooks are called for each plugin on its own",
    ),
    "old API version": (
        "ZOO_API = 1",
        "made for plugin API 1, but gan_zoo has API 2: rename what CHANGELOG.md lists, and state ZOO_API = 2",
    ),
    "new API version": (
        "ZOO_API = 99",
        "made for plugin API 99, but gan_zoo has API 2: install versions of both that fit each other",
    ),
    "old name": (
        "from zoo_core import HoleMaker",
        "ImportError: In plugin API 2, zoo_core.HoleMaker was renamed to MaskSampler",
    ),
    "old attribute": (
        "from zoo_core import Loss\nclass Old(Loss):\n    supervised = True",
        "In plugin API 2, Old.supervised was renamed to has_supervised_step",
    ),
}


class Site:
    """A folder of installed distributions."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def install(self, module: str, source: str, name: str = "", distribution: str = "", target: str = "") -> None:
        """Installs a distribution with one plugin, as pip does."""
        distribution = distribution or f"zoo-{module}"
        (self.path / f"{module}.py").write_text(textwrap.dedent(source.replace("{module}", module)))
        info = self.path / f"{distribution.replace('-', '_')}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[gan_zoo]\n{name or module} = {target or module}\n")

    def load(self, **environ: str) -> Plugins:
        entries = [entry for dist in distributions(path=[str(self.path)]) for entry in dist.entry_points]
        return load_plugins(PLUGIN_API, entries, environ)
