"""Signals that ask a program to stop, as errors."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Interrupted


@contextmanager
def signals(left: str = "nothing was written") -> Iterator[None]:
    """Turn the signals that ask a program to stop into Interrupted, once: while the run cleans up behind itself, further ones
    are ignored (tools such as `timeout` send two). Signals that the caller chose to ignore stay ignored. `left` tells what the run leaves
    behind."""
    names = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {number: signal.getsignal(number) for number in names}
    stopped = False

    def stop(number: int, _frame: object) -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            raise Interrupted(number, left)

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield
    finally:
        if not stopped:
            for number, handler in before.items():
                signal.signal(number, handler)
