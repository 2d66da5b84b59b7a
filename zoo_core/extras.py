"""What only some users install: the extras of the distribution."""

from importlib.util import find_spec

from registry import ZooError


def require_extra(extra: str, *modules: str) -> None:
    """Makes sure that the modules of an extra are there, without importing them.

    Raises:
        ZooError: One is not installed.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ZooError(f"This needs {' and '.join(missing)}, not installed here: pip install 'gan-zoo[{extra}]'.")
