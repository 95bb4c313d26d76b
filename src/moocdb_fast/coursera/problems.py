"""Problems: a row for each quiz, assignment and peer assessed task, and rows for their questions and parts below it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from ..tabular import numbered
from .columns import NONE, Frame, Lookup, optional, stamps
from .kinds import HOMEWORK

Array = np.ndarray[Any, Any]
_NAME = 555


@dataclass(frozen=True, slots=True)
class Terms:
    """When something is open, and how often it may be handed in."""

    release: int = NONE
    soft: int = NONE
    hard: int = NONE
    submissions: int = NONE
    duration: int = NONE


def terms_of(frame: Frame, soft: str = "soft_close_time", hard: str = "hard_close_time") -> list[Terms]:
    """The terms in each row; 0 submissions and a duration of 0 mean no limit."""
    limits = [_limits(frame, name) for name in ("maximum_submissions", "duration")]
    columns = [frame.times("open_time").tolist(), frame.times(soft).tolist(), frame.times(hard).tolist(), *limits]
    return [Terms(*row) for row in zip(*columns, strict=True)]


def _limits(frame: Frame, name: str) -> list[int]:
    if name not in frame.names:
        return [NONE] * frame.rows
    return [value if value > 0 else NONE for value in frame.numbers(name).tolist()]


@dataclass
class Problems:
    """The problems so far."""

    rows: list[tuple[str, int | None, int | None, int, str, str | None, Terms, int]] = field(default_factory=list)
    ids: dict[str, dict[int, int]] = field(default_factory=dict)
    _children: Counter[int] = field(default_factory=Counter)

    def add(
        self,
        name: str,
        key: str,
        format: str | None,
        terms: Terms,
        resource: int,
        *,
        type: int = HOMEWORK,
        parent: int | None = None,
        where: tuple[str, int] | None = None,
    ) -> int:
        """A problem, and its id; `where` is under which kind and number it is looked up."""
        child = None
        if parent is not None:
            self._children[parent] += 1
            child = self._children[parent]
        self.rows.append((name[:_NAME], parent, child, type, key[:_NAME], format, terms, resource))
        if where is not None:
            self.ids.setdefault(where[0], {})[where[1]] = len(self.rows)
        return len(self.rows)

    def of(self, kind: str) -> Lookup:
        """From numbers of a kind to problems."""
        found = self.ids.get(kind, {})
        return Lookup(list(found), list(found.values()))

    def resources(self) -> Array:
        """resource_id by problem_id; 0 for none."""
        return np.array([0, *(row[7] for row in self.rows)], np.int64)

    def table(self) -> pa.Table:
        """problems."""
        names, parents, children, types, keys, formats, terms, resources = (
            (list(column) for column in zip(*self.rows, strict=True)) if self.rows else ([],) * 8
        )
        times = {name: np.array([getattr(t, name) for t in terms], np.int64) for name in Terms.__slots__}
        return numbered(
            "problems",
            {
                "problem_name": names,
                "problem_parent_id": parents,
                "problem_child_number": children,
                "problem_type_id": types,
                "problem_key": keys,
                "problem_format": formats,
                "problem_release_timestamp": stamps(times["release"]),
                "problem_soft_deadline": stamps(times["soft"]),
                "problem_hard_deadline": stamps(times["hard"]),
                "problem_max_submission": optional(times["submissions"]),
                "problem_max_duration": optional(times["duration"]),
                "resource_id": [resource or None for resource in resources],
            },
        )
