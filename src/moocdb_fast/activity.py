"""Rows of collaborations and feedbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from .resolve import RECORD, Resolved, part_number
from .tabular import batch, optional

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
        yield "collaborations", _posts(make, r, posts.pick(np.arange(start, min(start + size, len(posts)))))


def _posts(make: RowMaker, r: Resolved, posts: Any) -> pa.RecordBatch:
    e = {name: r.events[name][posts.row] for name in ("ordinal", "time", "user", "agent")}
    at = np.searchsorted(make.links.post_ordinals, e["ordinal"])
    key = posts.numbers("key")
    columns = {
        "collaboration_id": pa.array(at + 1),
        "user_id": pa.array(make.plan.users.ids[e["user"]]),
        "collaboration_type_id": pa.array(posts.numbers("type")),
        "collaboration_content": posts.table.column("content").combine_chunks().cast(pa.string()),
        "collaboration_timestamp": pa.array(e["time"], pa.timestamp("us")),
        "collaboration_parent_id": optional(make.links.post_parents[at]),
        "collaboration_child_number": optional(make.links.post_numbers[at]),
        "collaborations_os": optional(make.by(make.plan.agents.os, e["agent"])),
        "collaborations_agent": optional(make.by(make.plan.agents.agent, e["agent"])),
        "resource_id": optional(make.resource(r, posts.row)),
        "collaboration_key": pa.DictionaryArray.from_arrays(pa.array(key, mask=key < 0), make.keys),
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
            "feedback_id": pa.array(np.searchsorted(make.links.reply_ordinals, ordinal) + number[chunk] + 1),
            "user_id": pa.array(make.plan.users.ids[r.events["user"][row[chunk]]]),
            "answer_id": pa.array(make.dim.answer_ids[r.replied["answer"][chunk]]),
            "question_id": pa.array(make.dim.question_ids[r.replied["question"][chunk]]),
            "feedback_timestamp": pa.array(r.events["time"][row[chunk]], pa.timestamp("us")),
        }
        yield "feedbacks", batch("feedbacks", columns, len(ordinal))
