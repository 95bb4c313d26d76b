"""Rows of collaborations and feedbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from .resolve import RECORD, Children, Resolved, part_number
from .tabular import batch, coded, optional

if TYPE_CHECKING:
    from .rows import RowMaker

Array = np.ndarray[Any, Any]


def collaborations(make: RowMaker, r: Resolved, size: int) -> Iterator[tuple[str, pa.RecordBatch]]:
    """One row per post, in the order of the tables."""
    posts = r.children["posts"]
    if not len(posts):
        return
    posts = posts.pick((r.outcome[posts.row] == RECORD) & (posts.numbers("type") > 0))
    for start in range(0, len(posts), size):
        yield "collaborations", _posts(make, r, posts.pick(slice(start, start + size)))


def _posts(make: RowMaker, r: Resolved, posts: Children) -> pa.RecordBatch:
    rows = posts.row.astype(np.int64)
    e = {name: r.events[name][rows] for name in ("ordinal", "time", "user")}
    at = np.searchsorted(make.links.post_ordinals, e["ordinal"])
    columns = {
        "collaboration_id": at + 1,
        "user_id": make.plan.users.ids[e["user"]],
        "collaboration_type_id": posts.numbers("type"),
        "collaboration_content": posts.texts("content"),
        "collaboration_timestamp": e["time"],
        "collaboration_parent_id": optional(make.links.post_parents[at]),
        "collaboration_child_number": optional(make.links.post_numbers[at]),
        "collaborations_os": optional(make.by(make.plan.agents.os, r.events["agent"], rows)),
        "collaborations_agent": optional(make.by(make.plan.agents.agent, r.events["agent"], rows)),
        "resource_id": optional(make.resource(r, rows)),
        "collaboration_key": coded(posts.numbers("key"), make.keys),
    }
    return batch("collaborations", columns, len(posts))


def feedbacks(make: RowMaker, r: Resolved, size: int) -> Iterator[tuple[str, pa.RecordBatch]]:
    """One row per answer to a question, in the order of the tables."""
    row = r.children["replies"].row
    if not len(row):
        return
    number = part_number(row)
    for start in range(0, len(row), size):
        chunk = slice(start, start + size)
        ordinal = r.events["ordinal"][row[chunk]]
        columns = {
            "feedback_id": np.searchsorted(make.links.reply_ordinals, ordinal) + number[chunk] + 1,
            "user_id": make.plan.users.ids[r.events["user"][row[chunk]]],
            "answer_id": make.dim.answer_ids[r.replied["answer"][chunk]],
            "question_id": make.dim.question_ids[r.replied["question"][chunk]],
            "feedback_timestamp": r.events["time"][row[chunk]],
        }
        yield "feedbacks", batch("feedbacks", columns, len(ordinal))
