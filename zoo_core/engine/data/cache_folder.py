"""Where prepared images are kept from one run to the next."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from zoo_core.contract.errors import ZooError

PLACE = "ZOO_CACHE"


def cache_folder() -> Path:
    """The folder that the environment variable ZOO_CACHE names, else the user's own one for such files."""
    place = os.environ.get(PLACE)
    return Path(place).absolute() if place else user_cache_path("gan-zoo")


@contextmanager
def writing_cache() -> Iterator[None]:
    """Says what to do when the cache cannot be written.

    Raises:
        ZooError: In place of the operating system's error.
    """
    try:
        yield
    except OSError as error:
        raise ZooError(
            f"The cache of images in {cache_folder()} cannot be written: {error}. Make room, or name another folder "
            f"with the environment variable {PLACE}."
        ) from error
