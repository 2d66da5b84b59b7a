"""The core of the zoo: what a GAN is, and how one is trained.

Everything that a plugin or a script needs can be imported from here. The names are listed in `__init__.pyi` and are
imported on first use, so that a plugin can register itself without importing torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
