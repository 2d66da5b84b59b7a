"""Who speaks, where several processes train together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from zoo_core.engine.ranks import Ranks


@contextmanager
def only_first_speaks(ranks: Ranks) -> Iterator[None]:
    """Silences all processes but the first; an error that leaves this context is told by whoever met it."""
    if ranks.first:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
