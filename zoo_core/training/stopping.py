"""Stops a run before its last step: the current step is completed and saved first."""

import os
import signal
import threading
from time import monotonic
from types import FrameType
from typing import Self

from torch import distributed

from registry import ZooError

REASONS = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated"}
NOTICE = b"\nStopping after this step ... (repeat to stop at once)\n"
SECONDS_PER_HOUR = 3600


class StoppedError(ZooError):
    """A run was stopped before its last step; a checkpoint of the step was saved."""


class StopCondition:
    """Decides whether to stop a run: after Ctrl-C, after SIGTERM, or at a time limit.

    As a context it handles both signals. The second signal of a kind has its usual effect, except under torchrun, which
    ends its processes itself after half a minute. Only the main thread receives signals; in another thread, only the
    time limit applies.

    Args:
        max_hours: Time limit in hours from now on, if there is one.
    """

    def __init__(self, max_hours: float | None = None) -> None:
        self.deadline = None if max_hours is None else monotonic() + SECONDS_PER_HOUR * max_hours
        self.signal: signal.Signals | None = None

    def __call__(self) -> bool:
        """Whether to stop the run after the current step."""
        return self.signal is not None or (self.deadline is not None and monotonic() >= self.deadline)

    def __enter__(self) -> Self:
        in_main_thread = threading.current_thread() is threading.main_thread()
        signals = REASONS if in_main_thread else {}
        self._previous_handlers = {number: signal.signal(number, self._handle) for number in signals}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    @property
    def reason(self) -> str:
        """Why the run was stopped; begins a sentence."""
        return "Time limit reached" if self.signal is None else REASONS[self.signal]

    @property
    def exit_code(self) -> int:
        """The exit code that a shell expects after a signal, 130 or 143; 0 at the time limit."""
        return 0 if self.signal is None else 128 + self.signal

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        if distributed.is_torchelastic_launched():
            return  # Ctrl-C reaches both this process and torchrun, which then sends the signal again
        signal.signal(number, self._previous_handlers[self.signal])
        os.write(2, NOTICE)
