"""Progress on standard error: a bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

_REDRAW = 0.1
_LINE = 10.0


class State(Protocol):
    """What a translation tells about itself."""

    phase: str
    bytes_done: int
    bytes_total: int
    events: int
    elapsed: float


class Lines:
    """A line that is drawn anew on a terminal, and a line every ten seconds elsewhere."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._bar = not quiet and stream.isatty()
        self._last = time.monotonic() - (_REDRAW if self._bar else 0)
        self._drawn = False

    def show(self, text: Callable[[int], str]) -> None:
        """Show a text that is made for a number of columns (0: as many as it likes), if it is time to."""
        now = time.monotonic()
        if self._quiet or now - self._last < (_REDRAW if self._bar else _LINE):
            return
        self._last = now
        if self._bar:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r" + text(width).ljust(width)[:width])
            self._drawn = True
        else:
            self._stream.write(text(0) + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:  # leave no bar behind
            self._stream.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            self._stream.flush()


class Progress(Lines):
    """Call it with a State as often as you like; it decides what is worth showing."""

    def __call__(self, state: State) -> None:
        self.show(lambda width: bar(state, width) if width else line(state))


def bar(state: State, width: int) -> str:
    """`scan     [#######·······]  52%  1.2 of 2.3 GB  410,000 events/s  0:03 left`, as much of it as fits."""
    share = _share(state)
    tail = f" {share:4.0%}  {_facts(state)}"
    room = min(40, width - len(state.phase) - len(tail) - 4)
    if room < 5:
        return f"{state.phase}{tail}"
    filled = int(room * share)
    return f"{state.phase} [{'#' * filled}{'.' * (room - filled)}]{tail}"


def line(state: State) -> str:
    """The same without a bar."""
    return f"moocdb_fast: {state.phase} {_share(state):.0%}, {_facts(state).replace('  ', ', ')}"


def _share(state: State) -> float:
    return min(1.0, state.bytes_done / state.bytes_total) if state.bytes_total else 0.0


def _facts(state: State) -> str:
    facts = [f"{size(state.bytes_done)} of {size(state.bytes_total)}"]
    if state.elapsed > 0 and state.events:
        facts.append(f"{state.events / state.elapsed:,.0f} events/s")
    share = _share(state)
    if 0.01 < share < 1 and state.elapsed > 1:
        facts.append(f"{duration(state.elapsed * (1 - share) / share)} left")
    return "  ".join(facts)


def size(count: float) -> str:
    """Bytes as people read them, in powers of ten."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:,.0f} {unit}" if unit == "bytes" or count >= 99.95 else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss or m:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
