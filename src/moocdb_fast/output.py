"""One output: the tables of a set of courses, from merged shards to files in the staging folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from .dimensions import Dimensions, build_dimensions
from .events import family_of
from .identities import pseudonym
from .ledger import InputReport
from .merge import Merged
from .options import Options
from .partitions import cut_into_partitions
from .plan import CLOSE, Plan, make_plan, selected
from .resolve import COPY, DUPLICATE, EXTRA, RECORD, Introduced, Resolved, Rows, count_rows, introduce, resolve_partition, rows_array
from .rows import Ids, RowMaker, empty_batch
from .schema import TABLES, USER_PII
from .sinks import open_sinks

Array = np.ndarray[Any, Any]
_UNPLACED = "no_course"


def course_sets(merged: Merged, options: Options) -> Iterator[tuple[str, frozenset[int] | None]]:
    """The folder and the course codes of each output; folder "" is the output folder itself."""
    wanted = {code for code, text in enumerate(merged.course_texts) if not options.courses or text in options.courses}
    if not options.split_by_course:
        yield "", frozenset(wanted) if options.courses else None
        return
    for code in sorted(wanted, key=lambda c: merged.course_texts[c].encode()):
        yield folder_name(merged.course_texts[code]), frozenset((code,))
    if not options.courses:
        yield _UNPLACED, frozenset((-1,))


def folder_name(course: str) -> str:
    """A course id as the name of a folder: no two courses share one, and none leads out of the output folder."""
    return quote(course, safe="+")


@dataclass
class Output:
    """An output and what the summary says of it."""

    options: Options
    key: bytes
    merged: Merged
    chosen: frozenset[int] | None
    folder: Path
    work: Path
    database: str = "moocdb"  # the name that moocdb.sql proposes
    restricted: Path | None = None
    courses: dict[str, int] = field(default_factory=dict)
    event_types: dict[str, int] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def write(self, reports: Sequence[InputReport]) -> None:
        """Write every table; the fates that only the users' events decide go to `reports`."""
        wants_addresses = self.options.geoip is not None or self.restricted is not None
        plan = make_plan(self.merged, self.chosen, addresses=wants_addresses)
        partitions = cut_into_partitions(plan, self.work / f"partitions-{self.folder.name}")
        rows = Rows(
            *(rows_array(self.work, f"{self.folder.name}-{n}", self.merged.rows, np.int32) for n in ("observed", "submissions", "assessments"))
        )
        seen = Introduced()
        ledger = _Fates(self, reports)
        ledger.count_unselected()
        # Resolve everything once to learn what exists, then once more to write: ids depend on all partitions.
        kept: Resolved | None = None
        for number in range(plan.partitions):
            resolved = self._resolve(plan, partitions.load(number), number)
            introduce(resolved, seen)
            count_rows(resolved, rows)
            ledger.count(resolved)
            kept = resolved if plan.partitions == 1 else None
        dimensions = self._dimensions(plan, seen)
        ids = Ids.of(rows, lambda name: rows_array(self.work, f"{self.folder.name}-{name}-ids", self.merged.rows, np.int64))
        sinks = open_sinks(self.options.formats, self.folder)
        maker = RowMaker(plan, dimensions, ids)
        self.tables = dict.fromkeys(TABLES, 0)
        for number in range(plan.partitions):
            resolved = kept or self._resolve(plan, partitions.load(number), number)
            partitions.forget(number)
            if kept is None:
                introduce(resolved, seen)
            for name, batch in maker.batches(resolved):
                self._put(sinks, name, batch)
        for name in TABLES:
            table = dimensions.tables.get(name)
            batches = table.to_batches() if table is not None and table.num_rows else [empty_batch(name)]
            for batch in batches:
                self._put(sinks, name, batch)
        for sink in sinks:
            sink.close()
        if "csv" in self.options.formats:
            from .sql import moocdb_sql

            script = moocdb_sql(database=self.database, rows=self.tables)
            (self.folder / "moocdb.sql").write_text(script, encoding="utf-8")
        if self.restricted is not None:
            _write_identities(plan, self.restricted, self._user_keys(plan))
        ledger.finish(plan, dimensions)

    def _put(self, sinks: Sequence[Any], name: str, batch: pa.RecordBatch) -> None:
        self.tables[name] += batch.num_rows
        for sink in sinks:
            sink.write(name, batch)

    def _resolve(self, plan: Plan, tables: dict[str, pa.Table], number: int) -> Resolved:
        first = int(plan.bounds[number])
        return resolve_partition(plan, tables, first, int(plan.bounds[number + 1]) - first, self.options.keep_duplicates)

    def _user_keys(self, plan: Plan) -> list[str]:
        actors = plan.merged.texts("user").take(pa.array(plan.users.codes, pa.int64())).to_pylist()
        return [pseudonym(self.key, b"anonymous" if actor == "a" else actor.encode()) for actor in actors]

    def _dimensions(self, plan: Plan, seen: Introduced) -> Dimensions:
        from .countries import countries_of

        countries = countries_of(plan, self.options.geoip) if self.options.geoip else {}
        return build_dimensions(plan, seen, self._user_keys(plan), countries)


class _Fates:
    """Counts what the resolve step decides, per input and per type. Extra events of a line have no fate of their own."""

    def __init__(self, output: Output, reports: Sequence[InputReport]) -> None:
        self.output, self.reports = output, reports
        merged = output.merged
        self._first_rows = np.array([shard.first_row for shard in merged.shards], np.int64)
        self._inputs = np.array([shard.input for shard in merged.shards], np.int64)
        self._types: Counter[int] = Counter()
        self._courses: Counter[int] = Counter()

    def _add(self, ordinals: Array, reason: str | None) -> None:
        inputs = self._inputs[np.searchsorted(self._first_rows, ordinals, side="right") - 1]
        for number, count in zip(*(x.tolist() for x in np.unique(inputs, return_counts=True)), strict=True):
            counts = self.reports[number - 1].counts
            if reason is None:
                counts.add(events=count)
            else:
                counts.add_reasons("filtered", {reason: count})

    def count_unselected(self) -> None:
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


def _write_identities(plan: Plan, folder: Path, keys: list[str]) -> None:
    """user_pii.csv in the restricted folder."""
    from .countries import most_frequent
    from .sinks.csv import CsvSink

    actors = plan.merged.texts("user").take(pa.array(plan.users.codes, pa.int64())).to_pylist()
    addresses = plan.merged.texts("ip").to_pylist()
    rows = []
    for number, (code, actor, key) in enumerate(zip(plan.users.codes, actors, keys, strict=True), 1):
        kind, _, value = actor.partition(":")
        ip = most_frequent(plan.users.addresses.get(code), addresses)
        rows.append((number, key, value if kind == "n" else None, plan.merged.platform_ids.get(code, value if kind == "i" else None), ip))
    columns = list(zip(*rows, strict=True)) or [()] * len(USER_PII.columns)
    schema = USER_PII.arrow()
    sink = CsvSink(folder, {USER_PII.name: USER_PII})
    sink.write(USER_PII.name, pa.record_batch([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema))
    sink.close()
    (folder / f"{USER_PII.name}.csv").chmod(0o600)
