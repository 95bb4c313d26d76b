"""The fates that only the resolve step knows: translated, echo, duplicate, page_close, and other runs of a selected course."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .events import families_of
from .ledger import InputReport
from .merge import Merged
from .plan import CLOSE, Plan, selected
from .resolve import COPY, DUPLICATE, EXTRA, RECORD, SCORED, Resolved

if TYPE_CHECKING:
    from .dimensions import Dimensions
    from .output import Output

Array = np.ndarray[Any, Any]


def count_lines(merged: Merged, reports: Sequence[InputReport], ordinals: Array, reason: str | None) -> None:
    """Count lines as filtered for a reason, or as translated (None), each with the input it came from."""
    for number, count in zip(*(x.tolist() for x in np.unique(merged.inputs(ordinals), return_counts=True)), strict=True):
        counts = reports[number - 1].counts
        if reason is None:
            counts.add(events=count)
        else:
            counts.add_reasons("filtered", {reason: count})


def count_unselected(merged: Merged, courses: Sequence[str], reports: Sequence[InputReport]) -> None:
    """Rows of courses that were not selected, which the scan kept only because placing needed to see them."""
    wanted = merged.courses_named(courses)
    for shard in merged.shards:
        columns = shard.result.columns("events", ("course", "flags"))
        others = (columns["flags"] & EXTRA) == 0
        others[selected(shard.placed("course", columns), wanted)] = False
        count_lines(merged, reports, shard.first_row + np.flatnonzero(others), "course")


class Fates:
    """Counts what the resolve step decides, per input and per type. Extra events of a line have no fate of their own."""

    def __init__(self, output: Output, reports: Sequence[InputReport]) -> None:
        self.output, self.reports = output, reports
        self._types: Counter[int] = Counter()
        self._courses: Counter[int] = Counter()

    def count(self, r: Resolved) -> None:
        """Count a partition."""
        lines = (r.events["flags"] & EXTRA) == 0
        translated = lines & ((r.outcome <= RECORD) | (r.outcome == SCORED))
        count_lines(self.output.merged, self.reports, r.events["ordinal"][translated], None)
        for outcome, reason in ((DUPLICATE, "duplicate"), (COPY, "echo")):
            count_lines(self.output.merged, self.reports, r.events["ordinal"][lines & (r.outcome == outcome)], reason)
        count_lines(self.output.merged, self.reports, r.events["ordinal"][lines & ((r.events["flags"] & CLOSE) != 0)], "page_close")
        for counter, name in ((self._types, "type"), (self._courses, "course")):
            codes, numbers = np.unique(r.events[name][translated], return_counts=True)
            counter.update(dict(zip(codes.tolist(), numbers.tolist(), strict=True)))

    def finish(self, plan: Plan, dimensions: Dimensions) -> None:
        """Tell the output what was counted, in an order that does not depend on how it was counted."""
        output, texts = self.output, self.output.merged.course_texts
        output.courses = {
            texts[c] if c >= 0 else "": n for c, n in sorted(self._courses.items(), key=lambda x: texts[x[0]].encode() if x[0] >= 0 else b"")
        }
        output.event_types = {dimensions.type_names[int(c)]: self._types[int(c)] for c in plan.types if self._types[int(c)]}
        output.families = families_of(output.event_types)
        if output.chosen is None and len(named := [c for c in output.courses if c]) > 1:
            output.warnings.append(
                f"{len(named)} courses in one MOOCdb: {', '.join(named[:10])}{', …' if len(named) > 10 else ''}; see --course and --split-by-course"
            )
