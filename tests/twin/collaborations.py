"""Which post a post is about (rules.md, section 12)."""

from __future__ import annotations

from collections import Counter
from typing import Any


def join_threads(rows: list[dict[str, Any]]) -> None:
    """Give posts their parents and child numbers. Rows come in the order of their ids."""
    first: dict[object, int] = {}
    for row in rows:
        first.setdefault(row["_thread"], row["collaboration_id"])
    children: Counter[int] = Counter()
    for row in rows:
        parent = first.get(row["_about"]) if row["_about"][1] is not None else None
        if parent is not None:
            children[parent] += 1
            row["collaboration_parent_id"], row["collaboration_child_number"] = parent, children[parent]
