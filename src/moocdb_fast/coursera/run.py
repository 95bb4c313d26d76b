"""A run over an export: people, resources, problems, then the rows that refer to them, then publishing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cost import Cost
from ..errors import UsageError, cannot_write
from ..identities import load_key
from ..inputs import discover, fingerprint
from ..ledger import versions
from ..options import Options
from ..publish import REJECTS, Staging
from ..schema import TABLES
from ..sinks import open_sinks
from ..tabular import filled
from . import assignments, clickstream, forum, lectures, quizzes
from .attempts import read_quiz_store
from .columns import Reader
from .ledger import ExportSummary, Ledger
from .people import People, read_people
from .problems import Problems
from .reasons import Note
from .resources import Resources, add_forums, add_items, add_pages, read_items
from .source import Source, SourceFile
from .writing import Agents, Events, Writer

_URL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Course:
    """What is asked of an export: the course's name in addresses (`algorithms-001`), how many users, a clickstream beside it, and the
    format and the number that it is said to have."""

    url_id: str
    sample: int | None = None
    clickstream: Path | None = None
    format: int | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        if not _URL_ID.fullmatch(self.url_id):
            raise UsageError(f"{self.url_id!r} is no course's name in addresses", "give it as in --course-url-id algorithms-001")
        if self.sample is not None and self.sample < 1:
            raise UsageError(f"--sample-users cannot be {self.sample}", "give a number of at least 1")


@dataclass
class ExportProgress:
    """What a progress callback sees: what is being translated, the rows read so far, seconds."""

    phase: str
    rows: int
    elapsed: float


class _Clock:
    """Counts rows and tells the callback."""

    def __init__(self, callback: Callable[[ExportProgress], None] | None) -> None:
        self._started, self._callback = time.monotonic(), callback
        self._phase, self._rows = "people", 0

    def say(self, phase: str) -> None:
        self._phase = phase
        self.read(0)

    def read(self, rows: int) -> None:
        self._rows += rows
        if self._callback:
            self._callback(ExportProgress(self._phase, self._rows, time.monotonic() - self._started))


def translate_export(
    open_source: Callable[[], Source],
    out: Path,
    course: Course,
    options: Options | None = None,
    progress: Callable[[ExportProgress], None] | None = None,
) -> ExportSummary:
    """Translate an export into the MOOCdb tables in folder `out`."""
    options = options or Options()
    clock, cost = _Clock(progress), Cost()
    if options.geoip:
        from ..countries import check_database

        check_database(options.geoip)

    source = open_source()
    try:
        _compare(source, course)
        key, key_path, created = load_key(options.key_file)
        with Staging(out, overwrite=options.overwrite, restricted=options.restricted) as staging:
            try:
                summary = _translate(source, staging, course, options, key, clock)
            except OSError as error:
                raise cannot_write(staging.folder, error) from error
            facts = summary.run
            facts.out, facts.key_file, facts.key_created = str(staging.out), str(key_path), created
            cost.tell(facts)
            facts.peak_disk_bytes, facts.workers = staging.peak, 1
            staging.publish(summary)
    finally:
        source.close()
    clock.say("done")
    return summary


def _compare(source: Source, course: Course) -> None:
    """Refuse an export that is another than it is said to be."""
    if course.format not in (None, source.format):
        raise UsageError(f"the export is of format {source.format}, not {course.format}", "leave platform_format out: it is detected")
    if course.number is not None and source.course not in (None, course.number):
        raise UsageError(f"the export is of course {source.course}, not {course.number}", "check course_id, or leave it out: it is detected")


def _translate(source: Source, staging: Staging, course: Course, options: Options, key: bytes, clock: _Clock) -> ExportSummary:
    folder = staging.target("")
    writer, ledger = Writer(open_sinks(options.formats, folder, staging.work)), Ledger()
    reader = Reader(source, ledger, clock.read)
    restricted = staging.restricted_target("")
    clock.say("people")
    people, users = read_people(reader, key, course.sample, options.geoip, addresses=restricted is not None)
    writer.put_table("users", users)
    events = _areas(reader, people, course, writer, clock.say)
    for name, count in source.repaired.items():
        ledger.note(name, Note.BAD_TEXT, count)
    for name, table in TABLES.items():
        if table.pinned:
            writer.put_table(name, filled(name, dict(zip(table.names, zip(*table.pinned, strict=True), strict=True))))
    writer.finish()
    staging.measure()
    if "csv" in options.formats:
        from ..sql import moocdb_sql

        (folder / "moocdb.sql").write_text(moocdb_sql(database="moocdb", rows=writer.rows), encoding="utf-8")
    if restricted is not None:
        people.write_identities(restricted)
    ledger.write_rejects(folder / REJECTS)
    return _summary(source, course, options, ledger, writer, events)


def _areas(reader: Reader, people: People, course: Course, writer: Writer, say: Callable[[str], None]) -> Events:
    """Everything but users, area by area. What others refer to comes first."""
    resources, problems, agents = Resources(course.url_id), Problems(), Agents()
    say("resources")
    resources.add_indexes()
    items = read_items(reader, resources)
    add_items(reader, resources, items, reader.frame("lecture_metadata"), "lecture")
    store = read_quiz_store(reader)
    quiz = quizzes.read_quizzes(reader, store, resources, items, problems)
    highest = assignments.read_assignments(reader, resources, items, problems)
    tasks = assignments.Tasks(reader, resources, items, problems)
    reader.ledger.note("items_sections", Note.NO_SECTION, items.unfiled)
    add_pages(reader, resources)
    add_forums(reader, resources)
    announcements = forum.read_announcements(reader, resources)
    events = Events(writer, reader.ledger, resources.url_ids())
    say("quizzes")
    quizzes.translate_attempts(reader, people, store, quiz, writer, events)
    del store
    say("lectures")
    lectures.write_views(reader, people, resources, events)
    say("assignments")
    assignments.write_assignments(reader, people, problems, highest, writer, events)
    assignments.write_peers(reader, people, tasks, writer, events)
    say("forum")
    posts = forum.Collaborations(reader, people, resources, writer, agents)
    for write in (forum.write_posts, forum.write_comments, forum.write_votes, forum.write_wiki_edits):
        write(posts)
    forum.write_announcements(posts, announcements)
    posts.add_events(events)
    forum.write_reads(reader, people, resources, events)
    forum.write_log(reader, people, resources, posts, events)
    beside: Path | None = getattr(reader.source, "clickstream", None)  # of a folder or archive
    if (path := course.clickstream or beside) is not None:
        say("clickstream")
        clickstream.write_clicks(path, reader, people, resources, writer, events, agents)
    say("tables")
    tables = {**resources.tables(), **agents.tables(), "problems": problems.table(), "observed_event_types": events.table()}
    for name, table in tables.items():
        writer.put_table(name, table)
    return events


def _summary(source: Source, course: Course, options: Options, ledger: Ledger, writer: Writer, events: Events) -> ExportSummary:
    chosen = {name: value for name, value in options.to_dict(tables=True).items() if name in ("format", "geoip")}
    told = {**chosen, "course-url-id": course.url_id, "sample-users": course.sample}
    summary = ExportSummary(inputs=ledger.reports(), versions=versions(), options=told)
    summary.export = {"format": source.format, "course": source.course, "files": [_fingerprinted(file) for file in source.files]}
    summary.tables, summary.event_types = dict(writer.rows), dict(sorted(events.counts.items()))
    summary.courses = {course.url_id: writer.rows["observed_events"]}
    summary.total()
    summary.warnings += [f"{report.name}: {report.damage}" for report in summary.damaged]
    return summary


def _fingerprinted(file: SourceFile) -> dict[str, Any]:
    """A dump or database as the summary tells it: without the folder, which shapes nothing."""
    told: dict[str, Any] = {"name": Path(file.name).name}
    if file.path:
        told |= {"bytes": file.bytes, "fingerprint": fingerprint(discover((file.path,))[0])}
    return told
