"""Whether ids that were given keep what they stand for when logs are appended.

Almost always they do. Where a later line changes what an earlier one means (rules, sections 3, 6 and 11), the tables are
those of one run over everything, and this module notices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from .counts import ROW_KINDS, RowCounts, Rows
from .dimensions import Dimensions
from .links import Links
from .shards import text_buffers

Array = np.ndarray[Any, Any]
Digests = dict[str, tuple[int, str]]
"""Of each table: how many ids are looked at (for tables of rows: how many source lines), and a digest of what they stand for."""

_STANDS_FOR: dict[str, tuple[str, ...]] = {
    "users": ("user_key",),
    "urls": ("url",),
    "resources": ("resource_key", "resource_uri"),  # of a module the key: its address may become known later
    "resources_urls": ("resource_id", "url_id"),
    "problems": ("problem_key",),
    "os": ("os_name",),
    "agent": ("agent_name",),
    "observed_event_types": ("observed_event_type_name",),
    "questions": ("survey_id", "question_reference", "question_content"),
    "answers": ("answer_content",),
}
_ROWS = {"observed": "observed_events", "submissions": "submissions", "assessments": "assessments"}
_CHUNK = 1 << 20


@dataclass
class GivenIds:
    """The ids of an output: what they stood `before`, what they stand for now, and the tables in which that differs."""

    before: Digests | None
    now: Digests = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    def compare(self, rows: Rows, links: Links, dimensions: Dimensions) -> None:
        """Look at the ids of a new output."""
        columns = dict(_columns(rows, links, dimensions))
        self.now = {name: (len(arrays[0]), _digest(arrays, len(arrays[0]))) for name, arrays in columns.items()}
        before = self.before or {}
        for name, (count, digest) in before.items():
            arrays = columns[name]
            if count > len(arrays[0]) or _digest(arrays, count) != digest:
                self.changed.append(name)


def _columns(rows: Rows, links: Links, dimensions: Dimensions) -> Iterator[tuple[str, list[Any]]]:
    """What ids follow from, by table: for rows the number of each line's rows, in the order of lines, or the lines they come from."""
    import pyarrow.compute as pc  # only runs that append need it

    for kind in ROW_KINDS:
        yield _ROWS[kind], [getattr(rows, kind)]
    yield "collaborations", [links.post_ordinals]
    yield "feedbacks", [links.reply_ordinals]
    for name, columns in _STANDS_FOR.items():
        table = dimensions.tables[name]
        if name == "resources":
            yield name, [pc.coalesce(*(table.column(column) for column in columns))]
        else:
            yield name, [table.column(column) for column in columns]


def _digest(columns: list[Any], count: int) -> str:
    digest = hashlib.sha256()
    for column in columns:
        for piece in _bytes(column, count):
            digest.update(piece)
    return digest.hexdigest()


def _bytes(column: Any, count: int) -> Iterator[Any]:
    """The first values of an array, of counts, or of an Arrow column, which text and NULL are told apart in."""
    if isinstance(column, np.ndarray | RowCounts):
        for start in range(0, count, _CHUNK):
            end = min(start + _CHUNK, count)
            yield column.counts(start, end) if isinstance(column, RowCounts) else np.ascontiguousarray(column[start:end])
        return
    whole = pa.concat_arrays(column[:count].chunks) if column.num_chunks else pa.array([], column.type)
    yield np.asarray(whole.is_valid())
    if pa.types.is_integer(whole.type):
        yield np.ascontiguousarray(whole.fill_null(0).to_numpy())
        return
    ends, data = text_buffers(whole.cast(pa.large_string()))
    yield np.diff(ends)
    yield data[ends[0] : ends[-1]]
