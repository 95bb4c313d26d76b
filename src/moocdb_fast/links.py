"""What rows refer to in rows of other users: parents of posts, and submissions that other events mark (rules, section 12).

Partitions are collected first; ids follow when all rows are known. Memory grows with posts and marks, not with the log.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core
from .events._spec import ACTS
from .resolve import OBSERVED, RECORD, Resolved

Array = np.ndarray[Any, Any]
_ACT, _CHECK, _POST = 3, ACTS.index("check"), ACTS.index("post")


def _firsts(keys: Any) -> dict[tuple[int, int], int]:
    """(course, key) → the first ordinal that has it."""
    return dict(zip(zip(*(x.tolist() for x in keys.pairs()), strict=True), keys.firsts()[0].tolist(), strict=True))


@dataclass
class _Columns:
    """Rows that come in pieces."""

    pieces: dict[str, list[Array]] = field(default_factory=lambda: defaultdict(list))

    def add(self, **columns: Array) -> None:
        for name, column in columns.items():
            self.pieces[name].append(column)

    def take(self, other: _Columns) -> None:
        for name, pieces in other.pieces.items():
            self.pieces[name] += pieces

    def __getitem__(self, name: str) -> Array:
        return np.concatenate(self.pieces[name]) if self.pieces[name] else np.zeros(0, np.int64)

    def sorted(self, name: str, *others: str) -> tuple[Array, ...]:
        """Columns in the order of the first."""
        order = np.argsort(self[name], kind="stable")
        return self[name][order], *(self[other][order] for other in others)


@dataclass
class Links:
    """Collects every partition once; after `join` it knows parents and marked submissions by the ordinal of the event."""

    marked: Array  # modules whose submissions are marked without being named
    post_keys: Any = field(default_factory=_core.PairTable)  # (course, key): its first post
    submission_keys: Any = field(default_factory=_core.PairTable)  # (course, key): its first submission
    posts: _Columns = field(default_factory=_Columns)
    replies: _Columns = field(default_factory=_Columns)
    submissions: _Columns = field(default_factory=_Columns)
    verdicts: _Columns = field(default_factory=_Columns)

    def collect(self, r: Resolved) -> None:
        """Take in what a partition has."""
        e = r.events
        posts = r.children["posts"].pick(r.outcome[r.children["posts"].row] == RECORD)
        kinds, course, ordinal, key = posts.numbers("type"), e["course"][posts.row], e["ordinal"][posts.row], posts.numbers("key")
        for table, chosen in ((self.post_keys, (kinds > 0) & (key >= 0)), (self.submission_keys, kinds == 0)):
            table.see(course[chosen], key[chosen], ordinal[chosen])
        self.posts.add(ordinal=ordinal[kinds > 0], course=course[kinds > 0], about=posts.numbers("about")[kinds > 0])
        self.replies.add(ordinal=e["ordinal"][r.children["replies"].row])
        if len(self.marked):
            checked = (r.outcome == RECORD) & ((e["submit"] & _ACT) == _CHECK) & np.isin(e["module"], self.marked)
            self.submissions.add(**{name: e[name][checked] for name in ("user", "course", "module", "time", "ordinal")})
        verdicts = r.children["verdicts"].pick(r.outcome[r.children["verdicts"].row] == OBSERVED)
        own = {name: e[name][verdicts.row] for name in ("course", "module", "time", "ordinal")}
        self.verdicts.add(**own, **{name: verdicts.numbers(name) for name in ("key", "keyed", "target")})

    def take(self, other: Links) -> None:
        """Take in what was collected elsewhere."""
        for name in ("post_keys", "submission_keys"):
            getattr(self, name).see(*getattr(other, name).pairs(), *getattr(other, name).firsts())
        for name in ("posts", "replies", "submissions", "verdicts"):
            getattr(self, name).take(getattr(other, name))

    def join(self) -> None:
        """Everything is collected."""
        self.post_ordinals, course, about = self.posts.sorted("ordinal", "course", "about")
        first = _firsts(self.post_keys)
        parents = [first.get(pair, -1) for pair in zip(course.tolist(), about.tolist(), strict=True)]
        children: Counter[int] = Counter()
        numbers = []
        for parent in parents:
            children[parent] += 1
            numbers.append(children[parent] if parent >= 0 else 0)
        self.post_parents = self._post_ids(np.array(parents, np.int64))
        self.post_numbers = np.array(numbers, np.int32)
        (self.reply_ordinals,) = self.replies.sorted("ordinal")
        self._join_verdicts()

    def _post_ids(self, ordinals: Array) -> Array:
        """collaboration_id of posts; 0 for ordinal -1."""
        return np.where(ordinals >= 0, np.searchsorted(self.post_ordinals, ordinals) + 1, 0)

    def _join_verdicts(self) -> None:
        named = _firsts(self.submission_keys)
        made: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
        columns = (self.submissions[name].tolist() for name in ("user", "course", "module", "time", "ordinal"))
        for user, course, module, time, ordinal in zip(*columns, strict=True):
            made[user, course, module].append((time, ordinal))
        for submissions in made.values():
            submissions.sort()
        found: dict[int, int] = {}
        columns = (self.verdicts[name].tolist() for name in ("ordinal", "time", "course", "module", "key", "keyed", "target"))
        for ordinal, time, course, module, key, keyed, target in zip(*columns, strict=True):
            if keyed:
                submission = named.get((course, key), -1)
            else:
                before = made.get((target, course, module), [])
                at = bisect_right(before, (time, ordinal))
                submission = before[at - 1][1] if at else -1
            if submission >= 0:
                found[ordinal] = submission
        self.verdict_ordinals = np.array(sorted(found), np.int64)
        self.verdict_submissions = np.array([found[o] for o in sorted(found)], np.int64)

    def submission_of(self, ordinals: Array) -> Array:
        """The ordinal of the submission that the event marks, or -1."""
        if not len(self.verdict_ordinals):
            return np.full(len(ordinals), -1, np.int64)
        at = np.minimum(np.searchsorted(self.verdict_ordinals, ordinals), len(self.verdict_ordinals) - 1)
        return np.where(self.verdict_ordinals[at] == ordinals, self.verdict_submissions[at], -1)
