"""Reads the next batch while this one is used."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from torch import Tensor

Read = Callable[[int], tuple[Tensor, Tensor]]


class Prefetcher:
    """Batches by number, the next one of which is read in a thread meanwhile; what is read is the same without.

    It works since a batch is a function of its number. The thread ends when it has read that one batch, so there is
    nothing to close. What goes wrong in it is raised when its batch is asked for, and not if that never happens.

    Args:
        read: Gives the pixels and labels of the batch with a number.
    """

    def __init__(self, read: Read) -> None:
        self.read = read
        self.coming: tuple[int, Future[tuple[Tensor, Tensor]]] | None = None

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        """The pixels and labels of the batch with this number."""
        expected, self.coming = self.coming, None
        batch = expected[1].result() if expected and expected[0] == number else self.read(number)
        self.coming = number + 1, self._begun(number + 1)
        return batch

    def _begun(self, number: int) -> Future[tuple[Tensor, Tensor]]:
        pool = ThreadPoolExecutor(1, "read-ahead")
        begun = pool.submit(self.read, number)
        pool.shutdown(wait=False)
        return begun
