"""Errors for users: what was requested, what is available, what to type next."""

import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).parent


class ZooError(Exception):
    """Something that a user can fix. The command line prints the message without a traceback and exits with status 1.

    Examples:
        >>> from zoo_core import ZooError
        >>> raise ZooError("stripes.npz is damaged. Download it again.")
        Traceback (most recent call last):
        registry.errors.ZooError: stripes.npz is damaged. Download it again.
    """

    exit_code = 1


class UsageError(ZooError):
    """The request itself is wrong, such as a misspelt name or a value out of range. The exit status is 2.

    Examples:
        >>> from zoo_core import UsageError
        >>> raise UsageError("The image size 30 is not a multiple of 8. Write `--image-size 32`.")
        Traceback (most recent call last):
        registry.errors.UsageError: The image size 30 is not a multiple of 8. Write `--image-size 32`.
    """

    exit_code = 2


def unknown_name_error(kind: str, name: str, available: Iterable[str], hint: str = "") -> UsageError:
    """Builds the error for an unknown name of a kind, such as "recipe"; the hint says what to type to see all names."""
    names = sorted(set(available))
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    suggestion = f" Did you mean '{close[0]}'?" if close else ""
    listed = f" Available: {', '.join(names)}." if names else f" No {kind} is available."
    return UsageError(f"Unknown {kind} '{name}'.{suggestion}{listed}{' ' + hint if hint else ''}")


def summarize_error(error: BaseException) -> str:
    """One line: the kind of error, its message, and the last code location outside of libraries and this package."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    location = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{location}"


def _is_library(filename: str) -> bool:
    path = Path(filename)
    return filename.startswith("<") or path.parent == PACKAGE_FOLDER or bool({"torch", "pluggy"} & set(path.parts))
