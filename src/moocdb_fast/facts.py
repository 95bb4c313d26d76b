"""What events tell about users: when they joined, what they may do, their grade and profile (rules, section 9a)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from .countries import country_of
from .events._spec import FACTS, Fact
from .merge import Merged, MergedShard

Array = np.ndarray[Any, Any]
_LIMIT = 45  # code points of a text


@dataclass
class Facts:
    """Facts by user code. Shards are noted in canonical order."""

    joined: dict[int, int] = field(default_factory=dict)  # the earliest, in microseconds
    staff: set[int] = field(default_factory=set)
    latest: dict[Fact, dict[int, tuple[int, str]]] = field(default_factory=lambda: defaultdict(dict))  # time and value

    def note(self, merged: Merged, shard: MergedShard, rows: Array | slice) -> None:
        """Note the facts of the chosen rows of a shard."""
        facts = shard.result.columns("facts")
        row = facts["row"]
        if not len(row):
            return
        target = merged.users(shard, facts, "target")
        time = shard.result.columns("events", ("time",))["time"][row]
        chosen = np.ones(len(row), bool) if isinstance(rows, slice) else np.isin(row, rows)
        for i in np.flatnonzero(chosen).tolist():
            self._add(FACTS[facts["what"][i]], int(target[i]), int(time[i]), facts["value"].at(i))

    def _add(self, fact: Fact, user: int, time: int, value: str) -> None:
        if fact == "join":
            self.joined[user] = min(time, self.joined.get(user, time))
        elif fact == "staff":
            self.staff.add(user)
        elif fact == "country" and country_of(value) is None:
            return
        elif user not in self.latest[fact] or self.latest[fact][user][0] <= time:
            self.latest[fact][user] = time, value

    def text(self, fact: Fact, user: int) -> str | None:
        """The latest value, cut to 45 code points."""
        known = self.latest[fact].get(user)
        return known[1][:_LIMIT] if known else None

    def grade(self, user: int) -> float | None:
        """The latest final grade."""
        known = self.latest["grade"].get(user)
        return float(known[1]) if known else None

    def birth(self, user: int) -> datetime | None:
        """The first day of the year of birth."""
        year = self.text("birth", user)
        if year is None or not (year.isascii() and year.isdigit() and len(year) <= 4 and int(year)):
            return None
        return datetime(int(year), 1, 1)
