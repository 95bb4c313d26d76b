"""One output: the tables of a set of courses, from merged shards to files in the staging folder."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from .counts import Rows, rows_array
from .dimensions import Dimensions, build_dimensions
from .events import families_of
from .fates import Tally
from .filling import fill_tables, put
from .identities import pseudonym
from .ids import GivenIds
from .memory import give_back
from .merge import Merged
from .options import Options
from .partitions import Share
from .plan import Plan, make_plan
from .resolving import Resolving, Spread
from .restricted import made_rows, write_identities, write_payloads
from .rows import RowMaker
from .schema import TABLES
from .sinks import open_sinks
from .tabular import empty_batch

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


def part_share(part: int, of: int, number: int) -> Share:
    """What a part of a merge has of the output of that number: small outputs have one partition, and not all of them in the first part."""
    return Share((part - number) % of, of)


def part_folders(parts: Sequence[Path], number: int) -> list[Path]:
    """Where the partitions of the output of that number lie, by number modulo the number of parts."""
    return [parts[(first + number) % len(parts)] / f"{number}" for first in range(len(parts))]


def folder_name(course: str) -> str:
    """A course id as the name of a folder: no two courses share one, and none leads out of the output folder."""
    name = quote(course, safe="+")
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 40]}={hashlib.sha256(course.encode()).hexdigest()[:32]}"  # `=` is in no other name


@dataclass
class Written:
    """What the summary says of an output."""

    courses: dict[str, int] = field(default_factory=dict)
    event_types: dict[str, int] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    warnings: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    ids: GivenIds | None = None

    def count(self, found: Iterable[dict[str, int]]) -> None:
        """Add rows of tables."""
        for counts in found:
            for name, rows in counts.items():
                self.tables[name] += rows


@dataclass
class Output:
    """An output that is to be written to `folder`, with what is only for the time being in `work`."""

    options: Options
    key: bytes
    merged: Merged
    chosen: frozenset[int] | None
    folder: Path
    work: Path
    database: str = "moocdb"  # the name that moocdb.sql proposes
    restricted: Path | None = None
    ids: GivenIds | None = None  # if they are to be compared with those that were given
    parts: Sequence[Path] = ()  # folders with resolved shares of its partitions

    def write(self, spread: Spread, measure: Callable[[], None] = lambda: None, *, alone: bool) -> Written:
        """Write every table. `spread` does numbered work, in other processes unless this one is `alone`; `measure` is called after much writing."""
        wants_addresses = self.options.geoip is not None or self.restricted is not None
        plan = make_plan(self.merged, self.chosen, addresses=wants_addresses)
        rows = Rows(self.merged.rows, self._counts)
        resolving = Resolving(plan, self.work / f"partitions-{self.folder.name}", self.options.keep_duplicates, parts=self.parts)
        found = resolving.run(rows, spread)
        give_back()
        measure()
        links = found.links
        links.join()
        rows.assessments.add(links.verdict_ordinals)
        rows.number()
        keys = [pseudonym(self.key, b"anonymous" if actor == "a" else actor.encode()) for actor in plan.actors()]
        dimensions = build_dimensions(plan, found.introduced, keys, self._countries(plan))
        if self.ids is not None:
            self.ids.compare(rows, links, dimensions)
        maker = RowMaker(plan, dimensions, rows, links)
        sinks = open_sinks(self.options.formats, self.folder, self.work, spreadsheet_safe=self.options.spreadsheet_safe)
        written = Written(tally=found.tally, ids=self.ids)
        written.count(fill_tables(resolving, maker, sinks, None if alone else spread, measure, 1 if alone else self.options.processes))
        for name in TABLES:
            table = dimensions.tables.get(name)
            batches = table.to_batches() if table is not None and table.num_rows else [empty_batch(name)]  # a table without rows gets its header
            written.count([put(sinks, ((name, batch) for batch in batches))])
        for sink in sinks:
            sink.close()
            measure()
        self._write_beside(plan, keys, written.tables)
        if self.restricted is not None and self.options.payloads:
            write_payloads(plan, self.restricted, made_rows(rows, links))
        self._tell(written, plan, dimensions)
        for path in self.work.glob(f"{glob.escape(self.folder.name)}-counts-*"):
            path.unlink()
        return written

    def _tell(self, written: Written, plan: Plan, dimensions: Dimensions) -> None:
        """Say what was counted, in an order that does not depend on how it was counted."""
        texts, types, courses = self.merged.course_texts, written.tally.types, written.tally.courses
        named = [(texts[c] if c >= 0 else "", n) for c, n in courses.items()]
        written.courses = dict(sorted(named, key=lambda course: course[0].encode()))
        written.event_types = {dimensions.type_names[c]: types[c] for c in plan.types.tolist() if types[c]}
        written.families = families_of(written.event_types)
        ids = [course for course in written.courses if course]
        if self.chosen is None and len(ids) > 1:
            some = ", ".join(ids[:10]) + (", …" if len(ids) > 10 else "")
            written.warnings.append(f"{len(ids)} courses in one MOOCdb: {some}; see --course and --split-by-course")

    def _counts(self, name: str, length: int, dtype: Any) -> Array:
        return rows_array(self.work, f"{self.folder.name}-counts-{name}", length, dtype)

    def _write_beside(self, plan: Plan, keys: list[str], tables: dict[str, int]) -> None:
        """moocdb.sql, and identities if they were asked for."""
        if "csv" in self.options.formats and not self.options.spreadsheet_safe:  # the guards would come into the database
            from .sql import moocdb_sql

            (self.folder / "moocdb.sql").write_text(moocdb_sql(database=self.database, rows=tables), encoding="utf-8")
        if self.restricted is not None:
            write_identities(plan, self.restricted, keys, spreadsheet_safe=self.options.spreadsheet_safe)

    def _countries(self, plan: Plan) -> dict[int, str]:
        if self.options.geoip is None:
            return {}
        from .countries import countries_of

        return countries_of(plan, self.options.geoip)
