"""The whole: files to CSV tables and a ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from moocdb_fast import schema

from .csvtext import csv_of
from .placing import place
from .scan import Filters, Scan, scan, second_fate
from .sessions import follow, name_users
from .tables import Tables


@dataclass(frozen=True)
class TwinOptions:
    """Options that change what is translated."""

    courses: tuple[str, ...] = ()
    keep_anonymous: bool = False
    keep_background: bool = False
    keep_duplicates: bool = False


@dataclass
class TwinResult:
    """Tables as CSV, and every line accounted for."""

    tables: dict[str, bytes]
    payloads: list[dict[str, object]]  # rows of event_payloads
    summary: dict[str, object]
    rejects: list[dict[str, object]] = field(default_factory=list)
    fates: list[tuple[str, int, str, str | None]] = field(default_factory=list)


def translate(files: list[tuple[str, bytes]], key: bytes, options: TwinOptions = TwinOptions()) -> TwinResult:
    """Translate decompressed logs, given with their canonical names, under the pseudonym key."""
    files = sorted(files, key=lambda f: f[0].encode())
    filters = Filters(options.courses, options.keep_anonymous, options.keep_background)
    scanned = scan([content for _, content in files], filters)
    name_users(scanned.events)
    place(scanned.events)
    for event in scanned.events:
        event.fate = event.fate or second_fate(event, filters)
    candidates = [e for e in scanned.events if e.fate is None]
    follow(scanned.events, keep_duplicates=options.keep_duplicates)
    tables = Tables(key)
    tables.fill(candidates)
    result = TwinResult({}, tables.payloads, {})
    for name, table in schema.TABLES.items():
        rows = tables.rows[name]
        if any("_order" in row for row in rows):
            rows = sorted(rows, key=lambda row: row["_order"])  # type: ignore[arg-type,return-value]
        result.tables[name] = csv_of(table, rows)
    _account(result, scanned, [name for name, _ in files])
    return result


def _account(result: TwinResult, scanned: Scan, names: list[str]) -> None:
    """The fate of every line, which is that of its first document."""
    first = {(e.file, e.line): e for e in scanned.events if e.index == 0}
    filtered: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for line in scanned.lines:
        place = line.file, line.number
        name = names[line.file - 1]
        if place in scanned.rejected:
            reason: str | None = scanned.rejected[place]
            assert reason
            rejected[reason] += 1
            result.rejects.append({"file": name, "line": line.number, "offset": line.offset, "reason": reason})
            result.fates.append((name, line.number, "rejected", reason))
            continue
        reason = "blank" if place in scanned.blank else first[place].fate
        if reason:
            filtered[reason] += 1
        result.fates.append((name, line.number, "filtered" if reason else "translated", reason))
    read, out = len(scanned.lines), filtered.total() + rejected.total()
    result.summary = {
        "lines_read": read,
        "events": read - out,
        "filtered": filtered.total(),
        "rejected": rejected.total(),
        "salvaged": scanned.salvaged.total(),
        "bad_payload": scanned.bad_payload,
        "extra_events": scanned.extra_events,
        "filtered_by_reason": dict(filtered),
        "rejected_by_reason": dict(rejected),
        "salvaged_by_reason": dict(scanned.salvaged),
    }
