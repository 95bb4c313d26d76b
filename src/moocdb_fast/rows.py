"""Resolved partitions to record batches: observed events, clicks, submissions, assessments; activity.py has the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .activity import collaborations, feedbacks
from .columns import Text, joined, picked
from .counts import Rows
from .dimensions import Dimensions
from .events._spec import GRADERS
from .links import Links
from .plan import Plan
from .resolve import OBSERVED, Children, Resolved, part_number
from .tabular import batch, coded, optional, real

Array = np.ndarray[Any, Any]
BATCH = 1 << 15
_PEER = GRADERS.index("peer")
_NOTHING: dict[str, Any] = {"grade": np.empty(0), "max_grade": np.empty(0), "feedback": Text.of(())}
_READINGS = ("current_time", "old_time", "new_time", "old_speed", "new_speed")


def row_keys(*columns: Array) -> pa.Array:
    """`a:b` or `a:b:c`."""
    return Text(*_core.join_numbers([np.ascontiguousarray(c, np.int64) for c in columns])).string()


class RowMaker:
    """Makes the rows of partitions. Dictionaries are shared by all batches, so that sinks can prepare them once."""

    def __init__(self, plan: Plan, dimensions: Dimensions, rows: Rows, links: Links) -> None:
        self.plan, self.dim, self.rows = plan, dimensions, rows
        merged = plan.merged
        self._types = Text.of(dimensions.type_names).string()
        self._urls = dimensions.urls.string()
        self._courses = merged.text("course").string()
        self._modules = merged.modules.id.string()
        self._codes = merged.text("code").string()
        self.keys = merged.text("key").string()
        self.links = links

    def tables(self, r: Resolved) -> list[Iterator[tuple[str, pa.RecordBatch]]]:
        """(table, batch) of a partition: an iterator per table, in its order. They are independent of each other."""
        number = part_number(r.parts["row"])
        return [
            self._observed_events(r),
            self._clicks(r),
            self._all_submissions(r, number),
            self._all_assessments(r, number),
            collaborations(self, r, BATCH),
            feedbacks(self, r, BATCH),
        ]

    def _observed_events(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        observed = np.flatnonzero(r.outcome == OBSERVED)
        for start in range(0, len(observed), BATCH):
            yield "observed_events", self._observed(r, observed[start : start + BATCH])

    def _all_submissions(self, r: Resolved, number: Array) -> Iterator[tuple[str, pa.RecordBatch]]:
        for start in range(0, len(number), BATCH):
            rows = np.arange(start, min(start + BATCH, len(number)))
            yield "submissions", self._submissions(r, rows, number)

    def _all_assessments(self, r: Resolved, number: Array) -> Iterator[tuple[str, pa.RecordBatch]]:
        marks = self._marks(r, number)
        marks["number"] = part_number(marks["row"])
        for start in range(0, len(marks["row"]), BATCH):
            yield "assessments", self._assessments(r, marks, slice(start, start + BATCH))

    def resource(self, r: Resolved, rows: Array) -> Array:
        """The resource_id of events (0: none)."""
        modules, pages = self.by(self.dim.module_resources, r.events["module"], rows), self.by(self.dim.page_resources, r.url, rows)
        return np.where(r.resource_is_module[rows], modules, pages)

    def _observed(self, r: Resolved, rows: Array) -> pa.RecordBatch:
        e = {name: _core.pick(r.events[name], rows) for name in ("ordinal", "offset", "time", "user", "type")}
        columns = {
            "observed_event_id": self.rows.observed.before(e["ordinal"]) + 1,
            "user_id": _core.pick(self.plan.users.ids, e["user"]),
            "url_id": optional(self.by(self.dim.url_ids, r.url, rows)),
            "resource_id": optional(self.resource(r, rows)),
            "observed_event_timestamp": e["time"],
            "observed_event_duration": optional(_core.pick(r.duration, rows), -1),
            "observed_event_os": optional(self.by(self.plan.agents.os, r.events["agent"], rows)),
            "observed_event_agent": optional(self.by(self.plan.agents.agent, r.events["agent"], rows)),
            "observed_event_type": coded(e["type"], self._types),
            "observed_event_type_id": _core.pick(self.dim.type_ids, e["type"]),
            "observed_event_key": row_keys(self.plan.merged.inputs(e["ordinal"]), e["offset"]),
        }
        return batch("observed_events", columns, len(rows))

    @staticmethod
    def by(ids: Array, codes: Array, rows: Array) -> Array:
        """The ids of the codes of rows, 0 for code -1."""
        return _core.look_up(ids, codes, rows)

    def _clicks(self, r: Resolved) -> Iterator[tuple[str, pa.RecordBatch]]:
        clicks = r.children["clicks"]
        if not len(clicks):
            return
        clicks = clicks.pick(r.outcome[clicks.row] == OBSERVED)
        for start in range(0, len(clicks), BATCH):
            yield "click_events", self._click(r, clicks.pick(slice(start, start + BATCH)))

    def _click(self, r: Resolved, clicks: Children) -> pa.RecordBatch:
        rows = clicks.row
        e = {name: _core.pick(r.events[name], rows) for name in ("ordinal", "time", "user", "course", "type", "module")}
        number = {name: real(clicks.numbers(name)) for name in _READINGS}
        columns = {
            "observed_event_id": self.rows.observed.before(e["ordinal"]) + 1,
            "course_key": coded(e["course"], self._courses),
            "user_id": _core.pick(self.plan.users.ids, e["user"]),
            "video_key": coded(e["module"], self._modules),
            "observed_event_timestamp": e["time"],
            "observed_event_type": coded(e["type"], self._types),
            "url": coded(_core.pick(r.url, rows), self._urls),
            "code": coded(clicks.numbers("code"), self._codes),
            "video_current_time": number["current_time"],
            "video_old_time": number["old_time"],
            "video_new_time": number["new_time"],
            "video_old_speed": number["old_speed"],
            "video_new_speed": number["new_speed"],
        }
        return batch("click_events", columns, len(rows))

    def _submissions(self, r: Resolved, parts: Array, number: Array) -> pa.RecordBatch:
        p, row = {name: r.parts[name][parts] for name in ("module", "numbers", "answer_from")}, r.parts["row"][parts].astype(np.int64)
        e = {name: _core.pick(r.events[name], row) for name in ("ordinal", "offset", "time", "user", "attempts", "submit")}
        columns = {
            "submission_id": self.rows.submissions.before(e["ordinal"]) + number[parts] + 1,
            "user_id": _core.pick(self.plan.users.ids, e["user"]),
            "problem_id": self.dim.problems.ids(p["module"], p["numbers"]),
            "submission_timestamp": e["time"],
            "submission_attempt_number": optional(e["attempts"], -1),
            "submission_answer": r.part_values["answer"].take(p["answer_from"]),
            "submission_is_submitted": e["submit"] >> 5,
            "submission_os": optional(self.by(self.plan.agents.os, r.events["agent"], row)),
            "submission_agent": optional(self.by(self.plan.agents.agent, r.events["agent"], row)),
            "submission_key": row_keys(self.plan.merged.inputs(e["ordinal"]), e["offset"], number[parts] + 1),
        }
        return batch("submissions", columns, len(parts))

    def _marks(self, r: Resolved, number: Array) -> dict[str, Any]:
        """What assessments hold, by the row of the event that gives them."""
        marked = np.flatnonzero(r.parts["mark_from"] >= 0)
        rows = r.parts["row"][marked]
        marks = self._part_marks(r, rows, r.parts["mark_from"][marked], self.rows.submissions.before(r.events["ordinal"][rows]) + number[marked])
        scores, verdicts = r.scores, r.children["verdicts"]
        if not len(scores["row"]) and not len(verdicts):
            return marks
        scored = self.rows.submissions.before(r.events["ordinal"][scores["record"]])
        kinds = marks, self._part_marks(r, scores["row"], scores["mark"], scored), self._verdicts(r)
        order = np.argsort(np.concatenate([kind["row"] for kind in kinds]), kind="stable")
        return {name: picked(joined([kind[name] for kind in kinds]), order) for name in marks}

    @staticmethod
    def _part_marks(r: Resolved, rows: Array, source: Array, before: Array) -> dict[str, Any]:
        values = {name: picked(r.part_values[name], source) if len(rows) else _NOTHING[name] for name in ("grade", "max_grade", "feedback")}
        return {"row": rows, "before": before, "grader": np.zeros(len(rows), np.int32), **values}

    def _verdicts(self, r: Resolved) -> dict[str, Any]:
        verdicts = r.children["verdicts"]
        if not len(verdicts):
            return self._part_marks(r, verdicts.row, verdicts.at, np.zeros(0, np.int64))
        submission = self.links.submission_of(r.events["ordinal"][verdicts.row])
        chosen = (submission >= 0) & (r.outcome[verdicts.row] == OBSERVED)
        verdicts, submission = verdicts.pick(chosen), submission[chosen]
        kind = verdicts.numbers("grader")
        users = self.plan.users.ids[r.events["user"][verdicts.row]]
        return {
            "row": verdicts.row,
            "before": self.rows.submissions.before(submission),
            "grader": np.where(kind == _PEER, users, -kind.astype(np.int32)),
            "grade": verdicts.numbers("grade"),
            "max_grade": verdicts.numbers("max_grade"),
            "feedback": picked(verdicts.columns["feedback"], verdicts.at),
        }

    def _assessments(self, r: Resolved, marks: dict[str, Any], chosen: slice) -> pa.RecordBatch:
        row, before, grader = (marks[name][chosen] for name in ("row", "before", "grader"))
        columns = {
            "assessment_id": self.rows.assessments.before(r.events["ordinal"][row]) + marks["number"][chosen] + 1,
            "submission_id": before + 1,
            "assessment_feedback": marks["feedback"].take(np.arange(chosen.start, chosen.start + len(row))),
            "assessment_grade": real(marks["grade"][chosen]),
            "assessment_max_grade": real(marks["max_grade"][chosen]),
            "assessment_grader_id": self._graders(grader),
            "assessment_timestamp": r.events["time"][row],
        }
        return batch("assessments", columns, len(row))

    def _graders(self, grader: Array) -> pa.Array:
        """Who marked: a user (above 0), or one of GRADERS by its number, negated."""
        known, codes = np.unique(grader, return_inverse=True)
        return Text.of(GRADERS[-number] if number <= 0 else str(number) for number in known.tolist()).take(codes)
