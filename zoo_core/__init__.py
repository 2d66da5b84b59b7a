"""The core of the zoo: what a GAN is, and how one is trained.

Everything that a plugin or a script needs can be imported from here. The names are listed in `__init__.pyi` and are
imported on first use, so that a plugin can register itself without importing torch.
"""

from typing import Any

import lazy_loader

from zoo_core.interfaces.renamed import refuse_old_name

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    refuse_old_name(name)
    return _load(name)
