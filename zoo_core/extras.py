"""Optional dependencies: the extras of the distribution."""

from importlib.util import find_spec

from registry import ZooError


def require_extra(extra: str, *modules: str) -> None:
    """Checks that the modules of an extra are installed, without importing them.

    Raises:
        ZooError: A module is not installed.
    """
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ZooError(f"Not installed: {', '.join(missing)}. Install the extra with `pip install 'gan-zoo[{extra}]'`.")
