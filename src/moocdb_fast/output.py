"""One output: the tables of a set of courses, from merged shards to files in the staging folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from .dimensions import Dimensions, build_dimensions
from .fates import Fates
from .identities import pseudonym
from .ids import GivenIds
from .ledger import InputReport
from .links import Links
from .merge import Merged
from .options import Options
from .partitions import Block, cut_into_partitions
from .plan import Plan, make_plan
from .resolve import ROW_KINDS, Introduced, Resolved, Rows, count_rows, introduce, resolve_partition, rows_array
from .restricted import made_rows, write_identities, write_payloads
from .rows import Ids, RowMaker
from .schema import TABLES
from .sinks import open_sinks
from .tabular import empty_batch
from .threads import Threads

Array = np.ndarray[Any, Any]
_UNPLACED = "no_course"
_LONGEST = 200  # bytes of the name of a folder: there must be room for what the run puts around it


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
    name = quote(course, safe="+")
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 40]}={hashlib.sha256(course.encode()).hexdigest()[:32]}"  # `=` is in no other name


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
    measure: Callable[[], None] = lambda: None  # called when much has been written
    courses: dict[str, int] = field(default_factory=dict)
    event_types: dict[str, int] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    ids: GivenIds | None = None  # if they are to be compared with those that were given

    def write(self, reports: Sequence[InputReport]) -> None:
        """Write every table; the fates that only the users' events decide go to `reports`."""
        wants_addresses = self.options.geoip is not None or self.restricted is not None
        plan = make_plan(self.merged, self.chosen, addresses=wants_addresses)
        partitions = cut_into_partitions(plan, self.work / f"partitions-{self.folder.name}")
        self.measure()
        rows, seen, links, fates = Rows(*(self._counts(name, np.int32) for name in ROW_KINDS)), Introduced(), Links(plan.marked), Fates(self, reports)
        # Resolve everything once to learn what exists, then once more to write: ids depend on all partitions.
        only: Resolved | None = None
        resolved: Resolved | None = None
        for number in range(plan.partitions):
            del resolved  # one partition at a time in memory
            resolved = self._resolve(plan, partitions.load(number), number, seen)
            count_rows(resolved, rows)
            links.collect(resolved)
            fates.count(resolved)
            only = resolved if plan.partitions == 1 else None
        links.join()
        rows.assessments[links.verdict_ordinals] += 1
        keys = [pseudonym(self.key, b"anonymous" if actor == "a" else actor.encode()) for actor in plan.actors()]
        dimensions = build_dimensions(plan, seen, keys, self._countries(plan))
        if self.ids is not None:
            self.ids.compare(rows, links, dimensions)
        maker = RowMaker(plan, dimensions, Ids.of(rows, lambda name: self._counts(f"{name}-ids", np.int64)), links)
        sinks = open_sinks(self.options.formats, self.folder, self.work, spreadsheet_safe=self.options.spreadsheet_safe)
        self.tables = dict.fromkeys(TABLES, 0)
        threads = Threads(self.options.processes if all(sink.side_by_side for sink in sinks) else 1)
        for number in range(plan.partitions):
            del resolved
            resolved = only or self._resolve(plan, partitions.load(number), number, seen)
            partitions.forget(number)
            threads.run([partial(self._put_all, sinks, batches) for batches in maker.tables(resolved)])
            self.measure()
        self._write_dimensions(sinks, dimensions)
        for sink in sinks:
            sink.close()
            self.measure()
        self._write_beside(plan, keys)
        if self.restricted is not None and self.options.payloads:
            write_payloads(plan, self.restricted, made_rows(rows, links))
        fates.finish(plan, dimensions)

    def _counts(self, name: str, dtype: Any) -> Array:
        return rows_array(self.work, f"{self.folder.name}-{name}", self.merged.rows, dtype)

    def _write_dimensions(self, sinks: Sequence[Any], dimensions: Dimensions) -> None:
        """The other tables; those without rows get their header."""
        for name in TABLES:
            table = dimensions.tables.get(name)
            for batch in table.to_batches() if table is not None and table.num_rows else [empty_batch(name)]:
                self._put(sinks, name, batch)

    def _write_beside(self, plan: Plan, keys: list[str]) -> None:
        """moocdb.sql, and identities if they were asked for."""
        if "csv" in self.options.formats and not self.options.spreadsheet_safe:  # the guards would come into the database
            from .sql import moocdb_sql

            (self.folder / "moocdb.sql").write_text(moocdb_sql(database=self.database, rows=self.tables), encoding="utf-8")
        if self.restricted is not None:
            write_identities(plan, self.restricted, keys, spreadsheet_safe=self.options.spreadsheet_safe)

    def _put_all(self, sinks: Sequence[Any], batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        for name, batch in batches:
            self._put(sinks, name, batch)

    def _put(self, sinks: Sequence[Any], name: str, batch: pa.RecordBatch) -> None:
        self.tables[name] += batch.num_rows
        for sink in sinks:
            sink.write(name, batch)

    def _resolve(self, plan: Plan, blocks: Sequence[Block], number: int, seen: Introduced) -> Resolved:
        first, threads = int(plan.bounds[number]), Threads(self.options.processes)
        resolved = resolve_partition(plan, blocks, first, int(plan.bounds[number + 1]) - first, self.options.keep_duplicates, threads)
        introduce(resolved, seen, plan.canonical.numbers)
        return resolved

    def _countries(self, plan: Plan) -> dict[int, str]:
        if self.options.geoip is None:
            return {}
        from .countries import countries_of

        return countries_of(plan, self.options.geoip)
