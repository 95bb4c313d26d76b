"""The report at the end of a run, and the plan of a dry run, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import show
from ..inputs import Plan
from ..ledger import Summary
from .progress import size

_INDENT = "  "
_SHOWN = 12  # courses, files: more are in summary.json


def report(summary: Summary) -> str:
    """What became of the lines, what was written, how fast, and what deserves attention."""
    if summary.run.skipped and not summary.run.taken:
        return f"\nnothing is new: {_skipped(summary)}\noutput: {summary.run.out}\n"
    parts = [_fates(summary)]
    if summary.families:
        parts.append(block("events by family", by_count(summary.families)))
    if summary.event_types:
        parts.append(_coverage(summary))
    if len(summary.courses) > 1:
        parts.append(block("events by course", _capped(by_count(summary.courses))))
    if summary.tables:
        parts.append(block("rows by table", [(name, rows) for name, rows in summary.tables.items() if rows]))
    parts.append(_run(summary))
    parts.extend(notes_of(summary))
    return "\n" + "\n".join(parts)


def _fates(summary: Summary) -> str:
    counts = summary.counts
    rows: list[tuple[str, int]] = [("read", counts.lines_read), ("translated", counts.events)]
    rows += [("filtered", counts.filtered_total), *reason_rows(counts.filtered)]
    rows += [("rejected", counts.rejected_total), *reason_rows(counts.rejected)]
    if counts.salvaged_total:
        rows += [("repaired on the way", counts.salvaged_total), *reason_rows(counts.salvaged)]
    if counts.bad_payload:
        rows.append(("with an unreadable payload", counts.bad_payload))
    text = block("lines", rows)
    if counts.extra_events:
        text += f"{_INDENT}and {_number(counts.extra_events, 'further event')} that shared a line with another\n"
    return text


def reason_rows(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(_INDENT + reason, number) for reason, number in by_count(counts) if number]


def _coverage(summary: Summary) -> str:
    """How well the event types are known; the names of those that are not."""
    coverage = summary.coverage
    groups = (("with payload", coverage.with_payload), ("common fields only", coverage.common_fields), ("unknown", coverage.unknown))
    rows = [(f"{label} ({_number(len(types), 'type')})", sum(types.values())) for label, types in groups if types]
    odd = {name: number for name, number in coverage.unknown.items() if not is_plain(name)}
    rows += [(_INDENT + name, number) for name, number in _capped(by_count({n: c for n, c in coverage.unknown.items() if n not in odd}))]
    if odd:
        rows.append((f"{_INDENT}(free text, see summary.json)", sum(odd.values())))
    return block("events by what is mapped of their type", rows)


def is_plain(name: str) -> bool:
    """Whether an undeclared type looks like a name. Other text of a line is not for the terminal: it may say anything about anybody."""
    return re.fullmatch(r"[\w.:/*-]{1,100}", name, re.ASCII) is not None


def _run(summary: Summary) -> str:
    run = summary.run
    read = run.uncompressed_bytes
    lines = [f"{size(read)} of log in {run.wall_seconds:,.1f} s ({run.cpu_seconds:,.1f} s of CPU, {_number(run.workers, 'worker')})"]
    if run.cpu_seconds > 0 and run.wall_seconds > 0:
        events = sum(report.counts.events for report in summary.new)
        speed, thrift = size(read / run.wall_seconds), size(read / run.cpu_seconds)
        lines.append(f"{speed}/s, {thrift} per CPU second, {events / run.wall_seconds:,.0f} events/s")
    lines.append(f"peak memory {size(run.peak_memory_bytes)}, peak disk {size(run.peak_disk_bytes)}")
    return "run\n" + "".join(f"{_INDENT}{line}\n" for line in lines)


def notes_of(summary: Summary) -> Iterable[str]:
    run = summary.run
    notes = []
    if run.skipped:
        notes.append(_skipped(summary))
    if run.resumed:
        notes.append(f"resumed: {run.resumed:,} of the pieces of work had been done by an interrupted run")
    if run.restarted:
        notes.append("begun anew: the interrupted run that was found had other inputs or options")
    notes += [f"warning: {warning}" for warning in (*summary.warnings, *run.warnings)]
    if run.key_created:
        notes.append(f"a new key for pseudonyms is in {run.key_file}: keep it, and keep it secret; without it later runs give other pseudonyms")
    if notes:
        yield "".join(f"{note}\n" for note in notes)
    if run.out:
        yield f"output: {run.out}\n"


def _skipped(summary: Summary) -> str:
    number = len(summary.run.skipped)
    return f"{_number(number, 'input')} skipped, {'it is' if number == 1 else 'they are'} in the output already"


def plan_report(plan: Plan) -> str:
    """What a dry run found."""
    rows = [
        f"{item.number:>6}  {'pipe' if item.pipe else size(item.size):>12}  {item.compression or 'plain':<5}  {item.given}"
        for item in plan.inputs[:_SHOWN]
    ]
    if len(plan.inputs) > _SHOWN:
        rows.append(f"{'':>6}  {'':>12}  {'':<5}  and {len(plan.inputs) - _SHOWN:,} more")
    unpacked = "" if plan.unpacked == plan.bytes else f", about {size(plan.unpacked)} unpacked"
    total = f"{_number(len(plan.inputs), 'input')} in {_number(plan.shards, 'shard')}, {size(plan.bytes)}{unpacked}"
    skipped = [f"passed over because of its name: {show(path)}" for path in plan.skipped[:_SHOWN]]
    if len(plan.skipped) > _SHOWN:
        skipped.append(f"and {len(plan.skipped) - _SHOWN:,} more files passed over")
    return "\n".join((*rows, total, *skipped)) + "\n"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _capped(rows: list[tuple[str, int]]) -> list[tuple[str, int]]:
    rest = rows[_SHOWN:]
    return [*rows[:_SHOWN], (f"{len(rest)} more", sum(number for _, number in rest))] if rest else rows


def block(title: str, rows: list[tuple[str, int]]) -> str:
    """A heading and rows of names and right-aligned numbers."""
    if not rows:
        return f"{title}\n{_INDENT}none\n"
    names = [(name or "(none)") for name, _ in rows]
    wide = max(34, *(len(name) for name in names))
    return f"{title}\n" + "".join(f"{_INDENT}{name:<{wide}} {number:>14,}\n" for name, (_, number) in zip(names, rows, strict=True))
