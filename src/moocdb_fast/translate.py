"""The translation, in order: discover, scan shards, merge, place, plan, resolve, number, write, publish.

The single-machine run is "scan shards, merge": everything behind the scan reads only the shard folders.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from .cost import Cost
from .errors import COMPLETE, InputError, Interrupted, MoocdbError, TooManyRejects, writing
from .identities import load_key
from .inputs import Input, Shard, check, discover, longest_first, shards, spool
from .ledger import FilterReason, InputReport, RejectReason, Summary, versions
from .memory import give_back
from .options import Options
from .past import Past, open_past, state_folder
from .publish import SUMMARY, Staging
from .remote import Remote, place_of
from .resume import Scanned, begin_scan, mark_done, refuse_pipes

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

    def __init__(self, callback: Callable[[Progress], None] | None) -> None:
        self.total = 0
        self._callback = callback
        self._started = time.monotonic()
        self._bytes = self._events = 0

    def scanned(self, size: int, events: int) -> None:
        self._bytes += size
        self._events += events
        self.say("scan")

    def say(self, phase: str) -> None:
        if self._callback:
            total = max(self.total, self._bytes)
            done = self._bytes if phase == "scan" else total
            self._callback(Progress(phase, done, total, self._events, time.monotonic() - self._started))


def make_scan(work: Path, options: Options, compiled: Any = None) -> Callable[[Shard, Callable[..., None]], Scanned]:
    """The work of a worker process: scan a shard below `work`. `compiled` are the tables of an earlier scan (scan.tables)."""
    from .scan import ShardScan, tables

    compiled = compiled or tables()

    def scan(shard: Shard, report: Callable[..., None]) -> Scanned:
        with writing(work):
            done = ShardScan(shard, work, compiled, options, report).run()
            scanned = Scanned(done.folders, done.damage)
            mark_done(work, shard, scanned, durable=options.resume)
        return scanned

    return scan


@dataclass
class Run:
    """One run, from its inputs to its summary. `inputs` are those to scan; reports and results are also of those that earlier runs scanned."""

    options: Options
    staging: Staging
    past: Past
    inputs: list[Input]
    reports: list[InputReport]
    summary: Summary
    clock: _Clock
    key: bytes
    engine: Engine | None = None
    parts: Sequence[Path] = ()
    results: list[Any] = field(default_factory=list)  # ShardResult, in canonical order

    @property
    def new_reports(self) -> list[InputReport]:
        """The reports of `inputs`."""
        return self.reports[len(self.reports) - len(self.inputs) :]


class Engine(Protocol):
    """Other machines, which see a folder of this one."""

    work: Path
    """A folder in it that is not there yet."""

    def spread(self, make: Callable[..., Any], args: tuple[Any, ...], numbers: list[int]) -> list[Any]:
        """See resolving.Spread."""


class Source(Protocol):
    """Where the lines of a run come from. `warnings` go into its summary."""

    warnings: list[str]

    def find(self, out: Path) -> None:
        """Refuse what cannot be read before anything is written."""

    def inputs(self, staging: Staging) -> list[Input]:
        """The files to scan, made in the staging folder if need be."""


class Logs:
    """Tracking logs: files, folders, patterns, pipes (`again`: those that can be read again), but for what lies in the folders `without`."""

    def __init__(self, paths: Paths, *, again: bool = False, without: Sequence[Path | Remote] = ()) -> None:
        self._paths = (paths,) if isinstance(paths, str | os.PathLike) else paths
        self._again, self._without = again, without
        self._found: list[Input] = []
        self.warnings: list[str] = []

    def find(self, out: Path) -> None:
        self._found = discover(self._paths, exclude=(out, *self._without))
        if self._again:
            refuse_pipes(self._found)
        if not any(item.pipe for item in self._found):
            check(self._found)

    def inputs(self, staging: Staging) -> list[Input]:
        """Pipes become files; then everything can be looked at."""
        if any(item.pipe for item in self._found):
            self._found = [spool(item, staging.work) for item in self._found]
            check(self._found)
        return self._found


def translate(
    inputs: Paths, out: str | os.PathLike[str], options: Options | None = None, progress: Callable[[Progress], None] | None = None
) -> Summary:
    """Translate tracking logs into the MOOCdb tables in folder `out`, which may be a URI, as inputs may.

    Raises a MoocdbError when nothing could be written. Damaged inputs do not raise: see `Summary.damaged`.
    """
    from .uploading import placed

    chosen = options or Options()
    logs = Logs(inputs, again=chosen.resume, without=(place_of(out),))
    return placed(out, chosen, lambda folder: perform(logs, folder, chosen, progress), progress)


def perform(
    source: Source,
    out: Path,
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    write: Callable[[Run], None] | None = None,
    engine: Engine | None = None,
    parts: Sequence[Path] = (),
) -> Summary:
    """Scan what a source gives, let `write` (the MOOCdb tables, if it is not given) write it, and publish. `engine` has the machines that do
    the work behind the scan; without it they are processes of this one. `parts` are folders with what was resolved before (cluster/part.py)."""
    cost = Cost()
    if options.append:
        state_folder(out, options)
    source.find(out)
    if options.geoip:
        from .countries import check_database

        check_database(options.geoip)
    key, key_path, created = load_key(options.key_file)
    clock = _Clock(progress)
    work = None if engine is None else engine.work
    stage = Staging(out, overwrite=options.overwrite, restricted=options.restricted, append=options.append, keep=options.resume, work=work)
    with _telling(stage), stage as staging, open_past(staging, options, key) as past:
        run = _begin(source, staging, past, options, key, clock)
        run.engine, run.parts = engine, parts
        run.summary.run.key_file, run.summary.run.key_created = str(key_path), created
        if not _is_published(run):
            _scan(run)
            _count_scan(run)
            (write or _write)(run)
            _finish(run, cost)
            run.summary.run.state = past.keep(run.results, run.reports)
            staging.publish(run.summary)
            past.settle()
    clock.say("done")
    return run.summary


@contextmanager
def _telling(staging: Staging) -> Iterator[None]:
    """Errors of the disk become ours, those of a run that can be resumed say so, and a signal that came when all was done stops nothing."""
    try:
        with writing(staging.folder):
            yield
    except MoocdbError as error:
        if isinstance(error, Interrupted) and staging.published:
            raise Interrupted(error.signum, *COMPLETE) from error
        if staging.ours and staging.kept():
            error.hint = "; ".join(filter(None, (error.hint, "what was scanned is kept for --resume")))
        raise


def _begin(source: Source, staging: Staging, past: Past, options: Options, key: bytes, clock: _Clock) -> Run:
    """Look at the inputs: which are to be scanned, under which numbers."""
    found = source.inputs(staging)
    fresh, reports, skipped = past.take(found)
    clock.total = sum(i.unpacked for i in fresh)
    reports = [*past.earlier(), *reports]
    summary = Summary(inputs=reports, versions=versions(), options=options.to_dict(tables=True), warnings=list(source.warnings))
    facts = summary.run
    facts.out, facts.options, facts.warnings = str(staging.out), options.to_dict(tables=False), list(past.warnings)
    facts.taken, facts.skipped = len(fresh), skipped
    return Run(options, staging, past, fresh, reports, summary, clock, key)


def _is_published(run: Run) -> bool:
    """Whether the output is there already: nothing is new and the same is asked for. Its summary becomes that of the run."""
    there = run.staging.summary() if run.options.append and not run.inputs else None
    if there is None or there["options"] != run.summary.options or there["run"]["options"]["restricted"] != run.summary.run.options["restricted"]:
        return False
    facts, run.summary = run.summary.run, Summary.read(run.staging.out / SUMMARY)
    run.summary.run.taken, run.summary.run.skipped, run.summary.run.warnings = 0, facts.skipped, []
    return True


def _scan(run: Run) -> None:
    from .pool import run_tasks
    from .shards import ShardResult

    plan = shards(run.inputs, run.options.shard_bytes)
    folder = run.staging.shards
    fingerprints = [report.fingerprint for report in run.new_reports]
    scan = begin_scan(folder, list(zip(run.inputs, fingerprints, strict=True)), plan, run.options)
    for name in (name for scanned in scan.done.values() for name in scanned.folders):
        about = ShardResult(folder / name).about
        run.clock.scanned(about["bytes"], about["rows"])
    order = sorted((i for i in range(len(plan)) if i not in scan.done), key=lambda i: longest_first(plan[i]))
    workers = run.options.processes
    make = partial(make_scan, folder, run.options)
    done = scan.done | dict(zip(order, run_tasks(make, (), [plan[i] for i in order], workers, run.clock.scanned, _get_ready), strict=True))
    give_back()  # what the scan needed
    run.results = run.past.results(folder)
    for i, scanned in sorted(done.items()):
        run.results += [ShardResult(folder / name) for name in scanned.folders]
        report = run.reports[plan[i].input.number - 1]
        report.damage = report.damage or scanned.damage
    facts = run.summary.run
    facts.workers, facts.shards, facts.resumed, facts.restarted = min(workers, len(plan)), len(run.results), len(scan.done), scan.other
    run.staging.measure()


def _get_ready() -> None:
    """Import what comes behind the scan."""
    from . import agents, output  # noqa: F401 - so that it is there

    agents.names_of("")


def _count_scan(run: Run) -> None:
    """Put the counts of the scan into the ledger, write the rejects, and stop if there are too many."""
    with run.staging.rejects() as writers:
        lines = dict.fromkeys(range(1, len(run.reports) + 1), 0)
        earlier = len(run.reports) - len(run.inputs)
        for result in run.results:
            about = result.about
            number, counts = about["input"], about["counts"]
            report = run.reports[number - 1].counts
            report.add(lines_read=counts["lines_read"], bad_payload=counts["bad_payload"], extra_events=counts["extra_events"])
            for group in ("filtered", "salvaged"):
                report.add_reasons(group, counts[group])
            for row in result.rejects():
                report.add_reasons("rejected", {row["reason"]: 1})
                for writer in writers:
                    writer.write(run.reports[number - 1].name, lines[number] + row["line"], row["offset"], row["reason"], row["start"])
            lines[number] += counts["lines_read"]
            if number > earlier:
                run.summary.run.uncompressed_bytes += about["bytes"]
    _refuse_strangers(run.new_reports)
    _limit_rejects(run.options, run.new_reports)


def _refuse_strangers(reports: Sequence[InputReport]) -> None:
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


def _limit_rejects(options: Options, reports: Sequence[InputReport]) -> None:
    read, rejected = sum(r.counts.lines_read for r in reports), sum(r.counts.rejected_total for r in reports)
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


def _write(run: Run) -> None:
    """Merge the shards and write one output, or one per course."""
    from .fates import count_unselected
    from .merge import merge
    from .placing import place_courses

    run.clock.say("merge")
    merged = merge(run.results)
    place_courses(merged)
    if run.options.courses:
        count_unselected(merged, run.options.courses, run.reports)
    outputs = _outputs(run, merged)
    for folder, written in _write_all(run, outputs):
        summary = run.summary
        written.tally.tell(run.reports)
        summary.courses.update(written.courses)
        for totals, counts in ((summary.event_types, written.event_types), (summary.families, written.families), (summary.tables, written.tables)):
            for name, count in counts.items():
                totals[name] = totals.get(name, 0) + count
        summary.warnings += written.warnings
        run.past.note_ids(folder, written.ids)
        if written.ids is not None and written.ids.changed:
            where = f"{folder}: " if folder else ""
            changed = ", ".join(written.ids.changed)
            summary.run.warnings.append(f"{where}new lines change what earlier ones mean: ids that were given are others now in {changed}")


def _outputs(run: Run, merged: Any) -> dict[str, Any]:
    """The outputs by their folders; "" is the output folder itself."""
    from .output import Output, course_sets, part_folders

    outputs = {}
    for number, (folder, courses) in enumerate(course_sets(merged, run.options)):
        output = outputs[folder] = Output(run.options, run.key, merged, courses, run.staging.target(folder), run.staging.work)
        output.parts = part_folders(run.parts, number)
        output.restricted, output.ids = run.staging.restricted_target(folder), run.past.ids(folder)
        if folder:
            run.summary.run.folders.append(folder)
            output.database = "moocdb_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in folder)[:57]
    return outputs


def _write_all(run: Run, outputs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Write one output with all workers, or several side by side."""
    # Identities are made here: other machines need not see the restricted folder.
    here = partial(run_here, run.options.processes)
    spread = here if run.engine is None or run.options.restricted is not None else run.engine.spread
    alone = spread is here and run.options.processes == 1
    if len(outputs) == 1 or alone:
        for folder, output in outputs.items():
            run.clock.say(f"write {folder}" if folder else "write")
            yield folder, output.write(spread, run.staging.measure, alone=alone)
        return
    run.clock.say(f"write {len(outputs)} courses")
    done = spread(_writer, (list(outputs.values()),), list(range(len(outputs))))
    run.staging.measure()
    for (folder, output), (written, made) in zip(outputs.items(), done, strict=True):
        for path in sorted(made.iterdir()):
            shutil.move(path, output.folder)
        yield folder, written


def _writer(outputs: Sequence[Any]) -> Callable[..., Any]:
    """Writing an output to a folder of its own, which is returned too, as the work of a worker process. An attempt may have died before."""

    def work(number: int, _report: Any) -> Any:
        output = outputs[number]
        with writing(output.work):
            made = output.work / f"output-{number}-{secrets.token_hex(4)}"
            made.mkdir()
            if output.restricted is not None:
                for path in output.restricted.iterdir():
                    path.unlink()
            return replace(output, folder=made).write(partial(run_here, 1), alone=True), made

    return work


def run_here(workers: int, make: Callable[..., Any], args: tuple[Any, ...], numbers: list[int]) -> list[Any]:
    """Numbered work by processes of this machine."""
    from .pool import run_tasks

    return run_tasks(make, args, numbers, workers, lambda *_: None)


def _finish(run: Run, cost: Cost) -> None:
    """Complete the summary and check its sums."""
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
    cost.tell(facts)
    facts.peak_disk_bytes = run.staging.peak
    facts.simdjson = _core.implementation()
