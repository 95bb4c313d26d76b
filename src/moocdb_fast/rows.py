"""Resolved partitions to record batches: observed events, clicks, submissions, assessments; activity.py has the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .activity import collaborations, feedbacks
from .dimensions import Dimensions
from .events._spec import GRADERS
from .links import Links
from .plan import Plan
from .resolve import OBSERVED, ROW_KINDS, Resolved, Rows, part_number
from .tabular import batch, optional, real

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


def _keys(*columns: Array) -> pa.Array:
    """`a:b` or `a:b:c`."""
    offsets, data = _core.join_numbers([np.ascontiguousarray(c, np.int64) for c in columns])
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


class RowMaker:
    """Makes the rows of partitions. Dictionaries are shared by all batches, so that sinks can prepare them once."""

    def __init__(self, plan: Plan, dimensions: Dimensions, ids: Ids, links: Links) -> None:
        self.plan, self.dim, self.ids = plan, dimensions, ids
        merged = plan.merged
        self._types = pa.array(dimensions.type_names, pa.string())
        self._urls = pa.array(dimensions.urls, pa.string())
        self._courses = merged.texts("course").cast(pa.string())
        self._modules = pa.array([m.id for m in merged.modules], pa.string())
        self._codes = merged.texts("code").cast(pa.string())
        self.keys = merged.texts("key").cast(pa.string())
        self.links = links

    def batches(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        """(table, batch) of a partition, each table in its order."""
        observed = np.flatnonzero(r.outcome == OBSERVED)
        for start in range(0, len(observed), BATCH):
            yield "observed_events", self._observed(r, observed[start : start + BATCH])
        yield from self._clicks(r)
        number = part_number(r.parts["row"])
        for start in range(0, len(number), BATCH):
            rows = np.arange(start, min(start + BATCH, len(number)))
            yield "submissions", self._submissions(r, rows, number)
        marks = self._marks(r, number)
        marks = marks.append_column("number", pa.array(part_number(marks.column("row").to_numpy())))
        for start in range(0, len(marks), BATCH):
            yield "assessments", self._assessments(r, marks.slice(start, BATCH))
        yield from collaborations(self, r, BATCH)
        yield from feedbacks(self, r, BATCH)

    def resource(self, r: Resolved, rows: Array) -> Array:
        """The resource_id of events (0: none)."""
        module, url = r.events["module"][rows], r.url[rows]
        return np.where(r.resource_is_module[rows], self.by(self.dim.module_resources, module), self.by(self.dim.page_resources, url))

    def _observed(self, r: Resolved, rows: Array) -> pa.RecordBatch:
        e = {name: r.events[name][rows] for name in ("ordinal", "offset", "time", "user", "type", "agent")}
        url, duration = r.url[rows], r.duration[rows]
        columns = {
            "observed_event_id": pa.array(self.ids.observed[e["ordinal"]] + 1),
            "user_id": pa.array(self.plan.users.ids[e["user"]]),
            "url_id": optional(self.by(self.dim.url_ids, url)),
            "resource_id": optional(self.resource(r, rows)),
            "observed_event_timestamp": pa.array(e["time"], pa.timestamp("us")),
            "observed_event_duration": optional(duration.astype(np.int32), -1),
            "observed_event_os": optional(self.by(self.plan.agents.os, e["agent"])),
            "observed_event_agent": optional(self.by(self.plan.agents.agent, e["agent"])),
            "observed_event_type": pa.DictionaryArray.from_arrays(pa.array(e["type"]), self._types),
            "observed_event_type_id": pa.array(self.dim.type_ids[e["type"]]),
            "observed_event_key": _keys(self.plan.merged.inputs(e["ordinal"]), e["offset"]),
        }
        return batch("observed_events", columns, len(rows))

    @staticmethod
    def by(ids: Array, codes: Array) -> Array:
        """ids[codes], 0 for code -1."""
        return np.where(codes >= 0, ids[codes], 0) if len(ids) else np.zeros(len(codes), np.int32)

    def _clicks(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        clicks = r.children["clicks"]
        if not len(clicks):
            return
        clicks = clicks.pick(r.outcome[clicks.row] == OBSERVED)
        for start in range(0, len(clicks), BATCH):
            chunk = clicks.pick(np.arange(start, min(start + BATCH, len(clicks))))
            yield "click_events", self._click(r, chunk.row, chunk.table)

    def _click(self, r: Resolved, rows: Array, clicks: pa.Table) -> pa.RecordBatch:
        e = {name: r.events[name][rows] for name in ("ordinal", "time", "user", "course", "type", "module")}
        number = {name: real(clicks.column(name).to_numpy()) for name in clicks.column_names if name not in ("ordinal", "code")}

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
        return batch("click_events", columns, len(rows))

    def _submissions(self, r: Resolved, parts: Array, number: Array) -> pa.RecordBatch:
        p, row = {name: r.parts[name][parts] for name in ("module", "numbers", "answer_from")}, r.parts["row"][parts]
        e = {name: r.events[name][row] for name in ("ordinal", "offset", "time", "user", "agent", "attempts", "submit")}
        problems = [self.dim.problem_ids[key] for key in zip(p["module"].tolist(), p["numbers"].tolist(), strict=True)]
        columns = {
            "submission_id": pa.array(self.ids.submissions[e["ordinal"]] + number[parts] + 1),
            "user_id": pa.array(self.plan.users.ids[e["user"]]),
            "problem_id": pa.array(problems, pa.int32()),
            "submission_timestamp": pa.array(e["time"], pa.timestamp("us")),
            "submission_attempt_number": optional(e["attempts"], -1),
            "submission_answer": _take(r.part_values, "answer", p["answer_from"]),
            "submission_is_submitted": pa.array((e["submit"] >> 5).astype(np.int8)),
            "submission_os": optional(self.by(self.plan.agents.os, e["agent"])),
            "submission_agent": optional(self.by(self.plan.agents.agent, e["agent"])),
            "submission_key": _keys(self.plan.merged.inputs(e["ordinal"]), e["offset"], number[parts] + 1),
        }
        return batch("submissions", columns, len(parts))

    def _marks(self, r: Resolved, number: Array) -> pa.Table:
        """What assessments hold, by the row of the event that gives them."""
        marked = np.flatnonzero(r.parts["mark_from"] >= 0)
        rows = r.parts["row"][marked]
        marks = self._part_marks(r, rows, r.parts["mark_from"][marked], self.ids.submissions[r.events["ordinal"][rows]] + number[marked])
        scores, verdicts = r.scores, r.children["verdicts"]
        if not len(scores["row"]) and not len(verdicts):
            return marks
        scored = self.ids.submissions[r.events["ordinal"][scores["record"]]]
        marks = pa.concat_tables([marks, self._part_marks(r, scores["row"], scores["mark"], scored), self._verdicts(r)])
        return marks.take(pa.array(np.argsort(marks.column("row").to_numpy(), kind="stable")))

    @staticmethod
    def _part_marks(r: Resolved, rows: Array, source: Array, before: Array) -> pa.Table:
        values = {name: r.part_values.column(name).to_numpy()[source] for name in ("grade", "max_grade")}
        grader = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array(["automatic"])).cast(pa.string())
        feedback = _take(r.part_values, "feedback", source)
        return pa.table({"row": rows.astype(np.int64), "before": before, "feedback": feedback, **values, "grader": grader})

    def _verdicts(self, r: Resolved) -> pa.Table:
        verdicts = r.children["verdicts"]
        submission = self.links.submission_of(r.events["ordinal"][verdicts.row])
        chosen = (submission >= 0) & (r.outcome[verdicts.row] == OBSERVED) if len(verdicts) else np.zeros(0, bool)
        verdicts, submission = verdicts.pick(chosen), submission[chosen]
        users = self.plan.users.ids[r.events["user"][verdicts.row]].tolist()
        graders = [GRADERS[g] if GRADERS[g] != "peer" else str(user) for g, user in zip(verdicts.numbers("grader").tolist(), users, strict=True)]
        return pa.table(
            {
                "row": verdicts.row,
                "before": self.ids.submissions[submission],
                "feedback": verdicts.table.column("feedback").cast(pa.string()),
                "grade": verdicts.numbers("grade"),
                "max_grade": verdicts.numbers("max_grade"),
                "grader": pa.array(graders, pa.string()),
            }
        )

    def _assessments(self, r: Resolved, marks: pa.Table) -> pa.RecordBatch:
        row = marks.column("row").to_numpy()
        columns = {
            "assessment_id": pa.array(self.ids.assessments[r.events["ordinal"][row]] + marks.column("number").to_numpy() + 1),
            "submission_id": pa.array(marks.column("before").to_numpy() + 1),
            "assessment_feedback": _one(marks.column("feedback")),
            "assessment_grade": real(marks.column("grade").to_numpy()),
            "assessment_max_grade": real(marks.column("max_grade").to_numpy()),
            "assessment_grader_id": _one(marks.column("grader")),
            "assessment_timestamp": pa.array(r.events["time"][row], pa.timestamp("us")),
        }
        return batch("assessments", columns, len(row))


def _take(table: pa.Table, name: str, rows: Array) -> pa.Array:
    """Texts by row; -1 is NULL."""
    return _one(table.column(name).take(pa.array(rows, mask=rows < 0))).cast(pa.string())


def _one(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array."""
    taken = column.combine_chunks()
    if isinstance(taken, pa.ChunkedArray):
        taken = pa.concat_arrays(taken.chunks) if taken.num_chunks else pa.array([], column.type)
    return taken
