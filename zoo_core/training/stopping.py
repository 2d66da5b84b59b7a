"""Ends a run before its last step, in good order: the step at hand is finished and everything saved."""

import os
import signal
import threading
from time import monotonic
from types import FrameType
from typing import Self

from torch import distributed

from registry import ZooError

SIGNALS = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated"}
HEARD = b"\nStopping after this step ... (once more stops at once)\n"
SECONDS = 3600  # in an hour


class StoppedError(ZooError):
    """A run ended before its last step because it was asked to; a checkpoint of that step is on the disk."""


class StopCondition:
    """Whether a run is to end: at Ctrl-C, at SIGTERM, or when its time is up.

    As a context it listens to both signals; the second of a kind does what it does elsewhere, but not under
    torchrun, which ends its processes itself after half a minute. Signals reach the main thread only; in another one
    there is just the clock.

    Args:
        max_hours: Hours from now on after which the run is to end, if any.
    """

    def __init__(self, max_hours: float | None = None) -> None:
        self.deadline = None if max_hours is None else monotonic() + SECONDS * max_hours
        self.signal: signal.Signals | None = None

    def __call__(self) -> bool:
        """Whether the run is to end after the step at hand."""
        return self.signal is not None or (self.deadline is not None and monotonic() >= self.deadline)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._heard) for number in SIGNALS}
        else:
            self._before = {}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def reason(self) -> str:
        """Why the run was to end, as the first word or words of a sentence."""
        return "Time was up" if self.signal is None else SIGNALS[self.signal]

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended: 130 or 143; 0 where the time was up."""
        return 0 if self.signal is None else 128 + self.signal

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        if distributed.is_torchelastic_launched():
            return  # the terminal tells this process and torchrun, and torchrun tells it again
        signal.signal(number, self._before[self.signal])
        os.write(2, HEARD)
