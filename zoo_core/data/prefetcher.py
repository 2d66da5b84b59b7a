"""Reads the next batch while the current one is used."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from torch import Tensor

ReadBatch = Callable[[int], tuple[Tensor, Tensor]]
"""Returns the pixels and labels of the batch with a number."""


class Prefetcher:
    """Reads batches by number, and prefetches the next one in a thread; the batches are the same as without.

    This works because a batch is a function of its number. The thread ends after one batch, so nothing has to be
    closed. An error in the thread is raised when its batch is requested.

    Args:
        read: Returns the pixels and labels of the batch with a number.
    """

    def __init__(self, read: ReadBatch) -> None:
        self.read = read
        self.prefetched: tuple[int, Future[tuple[Tensor, Tensor]]] | None = None

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        """Returns the pixels and labels of the batch with this number."""
        prefetched, self.prefetched = self.prefetched, None
        batch = prefetched[1].result() if prefetched and prefetched[0] == number else self.read(number)
        self.prefetched = number + 1, self._prefetch(number + 1)
        return batch

    def _prefetch(self, number: int) -> Future[tuple[Tensor, Tensor]]:
        pool = ThreadPoolExecutor(1, "prefetch")
        future = pool.submit(self.read, number)
        pool.shutdown(wait=False)
        return future
