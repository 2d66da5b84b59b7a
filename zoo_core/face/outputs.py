"""Files that a user asks for by name."""

from pathlib import Path

from registry import UsageError, ZooError
from zoo_core.engine.files import write_text


def check_free(path: Path, overwrite: bool) -> None:
    """Makes sure that a file may be written.

    Raises:
        UsageError: It exists and may not be replaced.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists. Write `--overwrite` to replace it, or `--output` with another name.")


def write_output(path: Path, text: str, overwrite: bool) -> None:
    """Writes a text file so that a reader finds the old one or the new one, never a part.

    Raises:
        UsageError: The file exists and may not be replaced.
        ZooError: It cannot be written.
    """
    check_free(path, overwrite)
    try:
        write_text(path, text)
    except OSError as error:
        raise ZooError(f"{path} cannot be written: {error}.") from error
