"""The fates that only the resolve step knows: translated, echo, duplicate, page_close, and other runs of a selected course."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .events import family_of
from .ledger import InputReport
from .plan import CLOSE, Plan, selected
from .resolve import COPY, DUPLICATE, EXTRA, RECORD, Resolved

if TYPE_CHECKING:
    from .dimensions import Dimensions
    from .output import Output

Array = np.ndarray[Any, Any]


class Fates:
    """Counts what the resolve step decides, per input and per type. Extra events of a line have no fate of their own."""

    def __init__(self, output: Output, reports: Sequence[InputReport]) -> None:
        self.output, self.reports = output, reports
        merged = output.merged
        self._first_rows = np.array([shard.first_row for shard in merged.shards], np.int64)
        self._inputs = np.array([shard.input for shard in merged.shards], np.int64)
        self._types: Counter[int] = Counter()
        self._courses: Counter[int] = Counter()
        self._count_unselected()

    def _add(self, ordinals: Array, reason: str | None) -> None:
        inputs = self._inputs[np.searchsorted(self._first_rows, ordinals, side="right") - 1]
        for number, count in zip(*(x.tolist() for x in np.unique(inputs, return_counts=True)), strict=True):
            counts = self.reports[number - 1].counts
            if reason is None:
                counts.add(events=count)
            else:
                counts.add_reasons("filtered", {reason: count})

    def _count_unselected(self) -> None:
        """Rows that the scan kept only because placing needed to see them."""
        output = self.output
        if output.chosen is None or (output.options.split_by_course and not output.options.courses):
            return
        wanted = {c for c, text in enumerate(output.merged.course_texts) if text in output.options.courses}
        if output.options.split_by_course and output.chosen != frozenset({min(wanted, key=lambda c: output.merged.course_texts[c].encode())}):
            return  # counted with the first output
        for shard in output.merged.shards:
            columns = shard.result.columns("events", ("course", "flags"))
            others = np.ones(len(columns["flags"]), bool)
            others[selected(shard.placed("course", columns), frozenset(wanted))] = False
            self._add(shard.first_row + np.flatnonzero(others & ((columns["flags"] & EXTRA) == 0)), "course")

    def count(self, r: Resolved) -> None:
        """Count a partition."""
        lines = (r.events["flags"] & EXTRA) == 0
        translated = lines & (r.outcome <= RECORD)
        self._add(r.events["ordinal"][translated], None)
        for outcome, reason in ((DUPLICATE, "duplicate"), (COPY, "echo")):
            self._add(r.events["ordinal"][lines & (r.outcome == outcome)], reason)
        self._add(r.events["ordinal"][lines & ((r.events["flags"] & CLOSE) != 0)], "page_close")
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
        families: Counter[str] = Counter()
        for name, count in output.event_types.items():
            families[family_of(name)] += count
        output.families = dict(families)
        if output.chosen is None and len(named := [c for c in output.courses if c]) > 1:
            output.warnings.append(
                f"{len(named)} courses in one MOOCdb: {', '.join(named[:10])}{', …' if len(named) > 10 else ''}; see --course and --split-by-course"
            )
