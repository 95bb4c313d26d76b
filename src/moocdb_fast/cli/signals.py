"""Signals that ask a program to stop, as errors."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..errors import NOTHING, Interrupted
from ..interrupts import STOPS

_AGAIN = 3.0


@dataclass
class Leaving:
    """What is left behind when the program is stopped, and what to try then."""

    left: str
    hint: str

    def now(self, left: str, hint: str) -> None:
        """Something else from now on."""
        self.left, self.hint = left, hint


@contextmanager
def signals(left: str = NOTHING[0], hint: str = NOTHING[1]) -> Iterator[Leaving]:
    """Turn the signals that ask a program to stop into Interrupted. Further ones are ignored while the run cleans up behind itself (tools
    such as `timeout` send two), but not for ever: Python drops an exception that a handler raises at a few odd places, and with it the
    first signal. Signals that the caller chose to ignore stay ignored. `left` tells what the run leaves behind."""
    before = {number: signal.getsignal(number) for number in STOPS}
    leaving = Leaving(left, hint)
    stopped = -_AGAIN

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped
        if time.monotonic() - stopped >= _AGAIN:
            stopped = time.monotonic()
            raise Interrupted(number, leaving.left, leaving.hint)

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield leaving
    finally:
        if stopped < 0:
            for number, handler in before.items():
                signal.signal(number, handler)
