"""The fates that only the resolve step knows: translated, echo, duplicate, page_close, and other runs of a selected course."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core
from .ledger import InputReport
from .merge import Merged
from .plan import CLOSE, selected
from .resolve import COPY, DUPLICATE, RECORD, SCORED, Resolved

Array = np.ndarray[Any, Any]
EXTRA = _core.FLAGS["extra"]


def count_unselected(merged: Merged, courses: Sequence[str], reports: Sequence[InputReport]) -> None:
    """Rows of courses that were not selected, which the scan kept only because placing needed to see them."""
    wanted = merged.courses_named(courses)
    for shard in merged.shards:
        columns = shard.result.columns("events", ("course", "flags"))
        others = (columns["flags"] & EXTRA) == 0
        others[selected(shard.placed("course", columns), wanted)] = False
        count_lines(reports, {shard.input: int(others.sum())}, "course")


@dataclass
class Tally:
    """What the resolve step decides: lines per input, by reason (None: translated), and translated lines per type and course, by code. Extra
    events of a line have no fate of their own."""

    lines: dict[str | None, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    types: Counter[int] = field(default_factory=Counter)
    courses: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, merged: Merged, r: Resolved) -> Tally:
        """Count a partition."""
        tally = cls()
        lines = (r.events["flags"] & EXTRA) == 0
        translated = np.flatnonzero(lines & ((r.outcome <= RECORD) | (r.outcome == SCORED)))
        chosen = {
            None: translated,
            "duplicate": np.flatnonzero(lines & (r.outcome == DUPLICATE)),
            "echo": np.flatnonzero(lines & (r.outcome == COPY)),
            "page_close": np.flatnonzero(lines & ((r.events["flags"] & CLOSE) != 0)),
        }
        for reason, rows in chosen.items():
            tally.lines[reason] = _numbers(merged.inputs(r.events["ordinal"][rows]))
        tally.types, tally.courses = (_numbers(_core.pick(r.events[name], translated)) for name in ("type", "course"))
        return tally

    def take(self, other: Tally) -> None:
        """Add what was counted elsewhere."""
        for reason, numbers in other.lines.items():
            self.lines[reason] += numbers
        self.types += other.types
        self.courses += other.courses

    def tell(self, reports: Sequence[InputReport]) -> None:
        """Put the lines into the ledger."""
        for reason, numbers in self.lines.items():
            count_lines(reports, numbers, reason)


def _numbers(codes: Array) -> Counter[int]:
    """How many there are of each code from -1 on."""
    counts = np.bincount(codes.astype(np.int64) + 1)
    return Counter({code - 1: int(counts[code]) for code in np.flatnonzero(counts).tolist()})


def count_lines(reports: Sequence[InputReport], numbers: Mapping[int, int], reason: str | None) -> None:
    """Count lines, so many of each input, as filtered for a reason, or as translated (None)."""
    for number, count in numbers.items():
        counts = reports[number - 1].counts
        if reason is None:
            counts.add(events=count)
        elif count:
            counts.add_reasons("filtered", {reason: count})
