"""Resolved partitions to record batches: observed events, clicks, submissions, assessments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .dimensions import Dimensions
from .plan import Plan
from .resolve import OBSERVED, ROW_KINDS, Resolved, Rows, part_number
from .schema import TABLES

Array = np.ndarray[Any, Any]
BATCH = 1 << 16


@dataclass
class Ids:
    """Row ids by ordinal: how many rows of the kind come before an event."""

    observed: Array
    submissions: Array
    assessments: Array

    @classmethod
    def of(cls, rows: Rows, make: Any) -> Ids:
        """Running counts; `make(name)` gives an int64 array over all rows."""
        ids = cls(*(make(name) for name in ROW_KINDS))
        for name in ROW_KINDS:
            counts, before = getattr(rows, name), getattr(ids, name)
            total = 0
            for start in range(0, len(counts), BATCH):
                chunk = counts[start : start + BATCH].astype(np.int64)
                before[start : start + BATCH] = np.cumsum(chunk) - chunk + total
                total += int(chunk.sum())
        return ids


def _optional(values: Array, none: Any = 0) -> pa.Array:
    return pa.array(values, mask=values == none)


def _real(values: Array) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _keys(*columns: Array) -> pa.Array:
    """`a:b` or `a:b:c`."""
    offsets, data = _core.join_numbers([np.ascontiguousarray(c, np.int64) for c in columns])
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def _batch(name: str, columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    """A batch of a table; missing columns hold their default or NULL. Text may be dictionary-coded."""
    arrays, fields = [], []
    for column, spec in zip(TABLES[name].arrow(), TABLES[name].columns, strict=True):
        array = columns.get(spec.name)
        if array is None:
            array = pa.nulls(rows, column.type) if spec.default is None else pa.array(np.full(rows, spec.default, column.type.to_pandas_dtype()))
        elif not pa.types.is_dictionary(array.type) and array.type != column.type:
            array = array.cast(column.type)
        arrays.append(array)
        fields.append(pa.field(spec.name, array.type, spec.null))
    return pa.record_batch(arrays, schema=pa.schema(fields))


class RowMaker:
    """Makes the rows of partitions. Dictionaries are shared by all batches, so that sinks can prepare them once."""

    def __init__(self, plan: Plan, dimensions: Dimensions, ids: Ids) -> None:
        self.plan, self.dim, self.ids = plan, dimensions, ids
        merged = plan.merged
        self._types = pa.array(dimensions.type_names, pa.string())
        self._urls = pa.array(dimensions.urls, pa.string())
        self._courses = merged.texts("course").cast(pa.string())
        self._modules = pa.array([m.id for m in merged.modules], pa.string())
        self._codes = merged.texts("code").cast(pa.string())

    def batches(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        """(table, batch) of a partition, each table in its order."""
        observed = np.flatnonzero(r.outcome == OBSERVED)
        for start in range(0, len(observed), BATCH):
            yield "observed_events", self._observed(r, observed[start : start + BATCH])
        yield from self._clicks(r)
        number = part_number(r.parts["row"])
        marked = np.flatnonzero(r.parts["mark_from"] >= 0)
        mark_number = part_number(r.parts["row"][marked])
        for start in range(0, len(number), BATCH):
            rows = np.arange(start, min(start + BATCH, len(number)))
            yield "submissions", self._submissions(r, rows, number)
        for start in range(0, len(marked), BATCH):
            chunk = slice(start, start + BATCH)
            yield "assessments", self._assessments(r, marked[chunk], number, mark_number[chunk])

    def _observed(self, r: Resolved, rows: Array) -> pa.RecordBatch:
        e = {name: r.events[name][rows] for name in ("ordinal", "offset", "time", "user", "type", "agent", "module")}
        url, duration = r.url[rows], r.duration[rows]
        resource = np.where(r.resource_is_module[rows], self._by(self.dim.module_resources, e["module"]), self._by(self.dim.page_resources, url))
        columns = {
            "observed_event_id": pa.array(self.ids.observed[e["ordinal"]] + 1),
            "user_id": pa.array(self.plan.users.ids[e["user"]]),
            "url_id": _optional(self._by(self.dim.url_ids, url)),
            "resource_id": _optional(resource),
            "observed_event_timestamp": pa.array(e["time"], pa.timestamp("us")),
            "observed_event_duration": _optional(duration.astype(np.int32), -1),
            "observed_event_os": _optional(self._by(self.plan.agents.os, e["agent"])),
            "observed_event_agent": _optional(self._by(self.plan.agents.agent, e["agent"])),
            "observed_event_type": pa.DictionaryArray.from_arrays(pa.array(e["type"]), self._types),
            "observed_event_type_id": pa.array(self.dim.type_ids[e["type"]]),
            "observed_event_key": _keys(self.plan.merged.inputs(e["ordinal"]), e["offset"]),
        }
        return _batch("observed_events", columns, len(rows))

    @staticmethod
    def _by(ids: Array, codes: Array) -> Array:
        """ids[codes], 0 for code -1."""
        return np.where(codes >= 0, ids[codes], 0) if len(ids) else np.zeros(len(codes), np.int32)

    def _clicks(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Clicks come in canonical order; the table has the order of observed_events."""
        if not len(r.clicks):
            return
        ordinals = r.clicks.column("ordinal").to_numpy()
        by_ordinal = np.argsort(r.events["ordinal"])
        rows = by_ordinal[np.searchsorted(r.events["ordinal"], ordinals, sorter=by_ordinal)]
        order = np.argsort(rows, kind="stable")
        order = order[r.outcome[rows[order]] == OBSERVED]
        for start in range(0, len(order), BATCH):
            chunk = order[start : start + BATCH]
            yield "click_events", self._click(r, rows[chunk], r.clicks.take(pa.array(chunk)))

    def _click(self, r: Resolved, rows: Array, clicks: pa.Table) -> pa.RecordBatch:
        e = {name: r.events[name][rows] for name in ("ordinal", "time", "user", "course", "type", "module")}
        number = {name: _real(clicks.column(name).to_numpy()) for name in clicks.column_names if name not in ("ordinal", "code")}

        def coded(codes: Array, texts: pa.Array) -> pa.Array:
            return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts)

        columns = {
            "observed_event_id": pa.array(self.ids.observed[e["ordinal"]] + 1),
            "course_key": coded(e["course"], self._courses),
            "user_id": pa.array(self.plan.users.ids[e["user"]]),
            "video_key": coded(e["module"], self._modules),
            "observed_event_timestamp": pa.array(e["time"], pa.timestamp("us")),
            "observed_event_type": coded(e["type"], self._types),
            "url": coded(r.url[rows], self._urls),
            "code": coded(clicks.column("code").to_numpy(), self._codes),
            "video_current_time": number["current_time"],
            "video_old_time": number["old_time"],
            "video_new_time": number["new_time"],
            "video_old_speed": number["old_speed"],
            "video_new_speed": number["new_speed"],
        }
        return _batch("click_events", columns, len(rows))

    def _submissions(self, r: Resolved, parts: Array, number: Array) -> pa.RecordBatch:
        p, row = {name: r.parts[name][parts] for name in ("module", "numbers", "answer_from")}, r.parts["row"][parts]
        e = {name: r.events[name][row] for name in ("ordinal", "offset", "time", "user", "agent", "attempts", "submit")}
        problems = [self.dim.problem_ids[key] for key in zip(p["module"].tolist(), p["numbers"].tolist(), strict=True)]
        columns = {
            "submission_id": pa.array(self.ids.submissions[e["ordinal"]] + number[parts] + 1),
            "user_id": pa.array(self.plan.users.ids[e["user"]]),
            "problem_id": pa.array(problems, pa.int32()),
            "submission_timestamp": pa.array(e["time"], pa.timestamp("us")),
            "submission_attempt_number": _optional(e["attempts"], -1),
            "submission_answer": _take(r.part_values, "answer", p["answer_from"]),
            "submission_is_submitted": pa.array((e["submit"] >> 4).astype(np.int8)),
            "submission_os": _optional(self._by(self.plan.agents.os, e["agent"])),
            "submission_agent": _optional(self._by(self.plan.agents.agent, e["agent"])),
            "submission_key": _keys(self.plan.merged.inputs(e["ordinal"]), e["offset"], number[parts] + 1),
        }
        return _batch("submissions", columns, len(parts))

    def _assessments(self, r: Resolved, parts: Array, number: Array, mark_number: Array) -> pa.RecordBatch:
        ordinal, source = r.events["ordinal"][r.parts["row"][parts]], r.parts["mark_from"][parts]
        columns = {
            "assessment_id": pa.array(self.ids.assessments[ordinal] + mark_number + 1),
            "submission_id": pa.array(self.ids.submissions[ordinal] + number[parts] + 1),
            "assessment_feedback": _take(r.part_values, "feedback", source),
            "assessment_grade": _real(r.part_values.column("grade").to_numpy()[source]),
            "assessment_max_grade": _real(r.part_values.column("max_grade").to_numpy()[source]),
            "assessment_grader_id": pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(parts), np.int32)), pa.array(["automatic"])),
            "assessment_timestamp": pa.array(r.events["time"][r.parts["row"][parts]], pa.timestamp("us")),
        }
        return _batch("assessments", columns, len(parts))


def _take(table: pa.Table, name: str, rows: Array) -> pa.Array:
    """Texts by row; -1 is NULL."""
    taken = table.column(name).take(pa.array(rows, mask=rows < 0)).combine_chunks()
    if isinstance(taken, pa.ChunkedArray):
        taken = pa.concat_arrays(taken.chunks) if taken.num_chunks else pa.array([], pa.large_string())
    return taken.cast(pa.string())


def empty_batch(name: str) -> pa.RecordBatch:
    """No rows of a table."""
    return _batch(name, {}, 0)
