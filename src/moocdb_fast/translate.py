"""The translation, in order: discover, scan shards, merge, place, plan, resolve, number, write, publish.

The single-machine run is "scan shards, merge": everything behind the scan reads only the shard folders.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from .errors import InputError, TooManyRejects, cannot_write
from .identities import load_key
from .inputs import Input, Shard, check, discover, fingerprint, shards, spool
from .ledger import FilterReason, InputReport, RejectReason, Summary, versions
from .options import Options
from .publish import Staging

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass
class Progress:
    """What a progress callback sees: the phase, decoded bytes (the total is an estimate for compressed inputs), events, seconds."""

    phase: str
    bytes_done: int
    bytes_total: int
    events: int
    elapsed: float


class _Clock:
    """Counts what the scan reports and hands it on."""

    def __init__(self, callback: Callable[[Progress], None] | None, total: int) -> None:
        self._callback, self._total = callback, total
        self._started = time.monotonic()
        self._bytes = self._events = 0

    def scanned(self, size: int, events: int) -> None:
        self._bytes += size
        self._events += events
        self.say("scan")

    def say(self, phase: str) -> None:
        if self._callback:
            total = max(self._total, self._bytes)
            done = self._bytes if phase == "scan" else total
            self._callback(Progress(phase, done, total, self._events, time.monotonic() - self._started))


@dataclass(frozen=True)
class _Scanned:
    """What a worker says of a shard: its folders, and the damage of its input."""

    folders: list[str]
    damage: str | None


def make_scan(work: Path, options: Options) -> Callable[[Shard, Callable[..., None]], _Scanned]:
    """The work of a worker process: scan a shard below `work`."""
    from .scan import ShardScan, tables

    compiled = tables()

    def scan(shard: Shard, report: Callable[..., None]) -> _Scanned:
        try:
            done = ShardScan(shard, work, compiled, options, report).run()
        except OSError as error:
            raise cannot_write(work, error) from error
        return _Scanned(done.folders, done.damage)

    return scan


@dataclass
class _Run:
    """One call of translate."""

    options: Options
    staging: Staging
    inputs: list[Input]
    reports: list[InputReport]
    summary: Summary
    clock: _Clock
    key: bytes
    results: list[Any] = field(default_factory=list)  # ShardResult, in canonical order


def translate(
    inputs: Paths, out: str | os.PathLike[str], options: Options | None = None, progress: Callable[[Progress], None] | None = None
) -> Summary:
    """Translate tracking logs into the MOOCdb tables in folder `out`.

    Raises a MoocdbError when nothing could be written. Damaged inputs do not raise: see `Summary.damaged`.
    """
    options = options or Options()
    started, cpu = time.monotonic(), time.process_time()
    out = Path(out)
    found = discover((inputs,) if isinstance(inputs, str | os.PathLike) else inputs, exclude=(out,))
    if not any(item.pipe for item in found):
        check(found)
    if options.geoip:
        from .countries import check_database

        check_database(options.geoip)
    key, key_path, created = load_key(options.key_file)
    with Staging(out, overwrite=options.overwrite, restricted=options.restricted) as staging:
        found = _spooled(found, staging)
        reports = [InputReport(i.name, i.given, i.size, fingerprint(i), i.compression) for i in found]
        summary = Summary(inputs=reports, versions=versions(), options=options.to_dict(tables=True))
        summary.run.key_file, summary.run.key_created, summary.run.out = str(key_path), created, str(out)
        summary.run.options = options.to_dict(tables=False)
        clock = _Clock(progress, sum(i.unpacked for i in found))
        run = _Run(options, staging, found, reports, summary, clock, key)
        try:
            _scan(run)
            _count_scan(run)
            _write(run)
        except OSError as error:
            raise cannot_write(staging.folder, error) from error
        _finish(run, started, cpu)
        staging.publish(summary)
    clock.say("done")
    return summary


def _spooled(found: list[Input], staging: Staging) -> list[Input]:
    """Pipes become files; then everything can be looked at."""
    if not any(item.pipe for item in found):
        return found
    found = [spool(item, staging.work) for item in found]
    check(found)
    return found


def _scan(run: _Run) -> None:
    from .pool import run_tasks
    from .shards import ShardResult

    plan = shards(run.inputs, run.options.shard_bytes)
    # The longest tasks first: one big compressed file must not be the last to start.
    order = sorted(range(len(plan)), key=lambda i: -plan[i].input.size if plan[i].end is None else 0)
    workers = run.options.workers or os.cpu_count() or 1
    folder = run.staging.work / "shards"
    folder.mkdir()
    make = partial(make_scan, folder, run.options)
    done = run_tasks(make, (), [plan[i] for i in order], workers, run.clock.scanned)
    for i, scanned in sorted(zip(order, done, strict=True)):
        run.results += [ShardResult(folder / name) for name in scanned.folders]
        report = run.reports[plan[i].input.number - 1]
        report.damage = report.damage or scanned.damage
    run.summary.run.workers, run.summary.run.shards = min(workers, len(plan)), len(run.results)
    run.staging.measure()


def _count_scan(run: _Run) -> None:
    """Put the counts of the scan into the ledger, write the rejects, and stop if there are too many."""
    with run.staging.rejects() as writers:
        lines = dict.fromkeys(range(1, len(run.inputs) + 1), 0)
        for result in run.results:
            about = result.about
            number, counts = about["input"], about["counts"]
            report = run.reports[number - 1].counts
            report.add(lines_read=counts["lines_read"], bad_payload=counts["bad_payload"], extra_events=counts["extra_events"])
            for group in ("filtered", "salvaged"):
                report.add_reasons(group, counts[group])
            rows = result.table("rejects").to_pylist() if about["rejects"] else []
            for row in rows:
                report.add_reasons("rejected", {row["reason"]: 1})
                for writer in writers:
                    writer.write(run.reports[number - 1].name, lines[number] + row["line"], row["offset"], row["reason"], row["start"])
            lines[number] += counts["lines_read"]
            run.summary.run.uncompressed_bytes += about["bytes"]
    _refuse_strangers(run.reports)
    _limit_rejects(run.options, sum(lines.values()), sum(r.counts.rejected_total for r in run.reports))


def _refuse_strangers(reports: list[InputReport]) -> None:
    """No line of any input is an event, not even a damaged one: these are other files."""
    reasons: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.counts.rejected)
    strange = sum(reasons[str(reason)] for reason in (RejectReason.BAD_JSON, RejectReason.NOT_AN_EVENT))
    lines = sum(r.counts.lines_read - r.counts.filtered[str(FilterReason.BLANK)] for r in reports)
    if lines and strange == lines:
        what = reports[0].path if len(reports) == 1 else f"any of the {len(reports)} inputs"
        raise InputError(
            f"no line of {what} is a tracking event ({reasons['bad_json']:,} not JSON, {reasons['not_an_event']:,} JSON without an event type)",
            "a tracking log has one JSON object per line, with event_type (or name) and time",
        )


def _limit_rejects(options: Options, read: int, rejected: int) -> None:
    if options.max_rejects is not None and rejected > options.max_rejects:
        raise TooManyRejects(
            f"{rejected} of {read} lines were rejected, more than --max-rejects {options.max_rejects} allows; nothing was written",
            "run once without --max-rejects and look at rejects.jsonl",
        )
    if options.max_reject_rate is not None and read and rejected / read > options.max_reject_rate:
        raise TooManyRejects(
            f"{rejected} of {read} lines were rejected, more than --max-reject-rate {options.max_reject_rate} allows; nothing was written",
            "run once without --max-reject-rate and look at rejects.jsonl",
        )


def _write(run: _Run) -> None:
    """Merge the shards and write one output, or one per course."""
    from .fates import count_unselected
    from .merge import merge
    from .output import Output, course_sets
    from .placing import place_courses

    run.clock.say("merge")
    merged = merge(run.results)
    place_courses(merged)
    if run.options.courses:
        count_unselected(merged, run.options.courses, run.reports)
    for folder, courses in course_sets(merged, run.options):
        run.clock.say(f"write {folder}" if folder else "write")
        output = Output(run.options, run.key, merged, courses, run.staging.target(folder), run.staging.work)
        output.restricted, output.measure = run.staging.restricted_target(folder), run.staging.measure
        if folder:
            run.summary.run.folders.append(folder)
            output.database = "moocdb_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in folder)[:57]
        output.write(run.reports)
        run.summary.courses.update(output.courses)
        for name, count in output.event_types.items():
            run.summary.event_types[name] = run.summary.event_types.get(name, 0) + count
        for name, count in output.families.items():
            run.summary.families[name] = run.summary.families.get(name, 0) + count
        for name, count in output.tables.items():
            run.summary.tables[name] = run.summary.tables.get(name, 0) + count
        run.summary.warnings += output.warnings


def _finish(run: _Run, started: float, cpu: float) -> None:
    """Complete the summary and check its sums."""
    import resource

    from . import _core

    run.summary.total()
    for report in run.reports:
        if report.counts.lines_read and not report.counts.events:
            run.summary.warnings.append(
                f"{report.name}: none of its lines was translated; see filtered_by_reason and rejected_by_reason in summary.json"
            )
    for report in run.summary.damaged:
        run.summary.warnings.append(f"{report.name}: {report.damage}")
    facts = run.summary.run
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    facts.wall_seconds = round(time.monotonic() - started, 3)
    facts.cpu_seconds = round(time.process_time() - cpu + children.ru_utime + children.ru_stime, 3)
    facts.peak_memory_bytes = 1024 * max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children.ru_maxrss)
    facts.peak_disk_bytes = run.staging.peak
    facts.simdjson = _core.implementation()
