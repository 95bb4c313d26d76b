"""Whether an output, or the copy of it in a database, keeps the rules of check_rules.py and adds up with its summary."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .check_rules import Rule, row_count, rules
from .errors import InputError, show
from .portable import Engine, spelled
from .publish import DATABASE, REJECTS
from .reading import MoocDB, open, rows_written
from .schema import TABLES

Run = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a SELECT and gives its rows."""
Ask = Callable[[str], int]
"""The number that a SELECT of portable.py gives."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one rule. `where` is a format, `summary` or a database; `table` is empty for rules about the summary."""

    where: str
    table: str
    rule: str
    broken: int  # rows (or numbers) of which the rule is not true
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether the rule holds."""
        return not self.broken


def check(path: str | os.PathLike[str]) -> list[Finding]:
    """Check a finished output: its summary, and the tables in each format that is there, course by course if it was split."""
    return list(findings(path))


def findings(path: str | os.PathLike[str]) -> Iterator[Finding]:
    """The same, one after the other."""
    output = open(path)
    if output.path == output.home:
        yield from check_summary(output)
    if output.courses:
        yield from _check_courses(output)
        return
    written = rows_written(output)
    for suffix in formats(output.path):
        yield from _check_files(output.path, suffix, suffix, Counted(written))


def _check_courses(output: MoocDB) -> Iterator[Finding]:
    """Each course for itself; the summary tells how many rows they have together."""
    together: dict[str, Counter[str]] = {}
    for course in output.courses:
        for suffix in formats(output.path / course):
            counted = Counted()
            yield from _check_files(output.path / course, suffix, f"{course}/{suffix}", counted)
            together.setdefault(suffix, Counter()).update(counted.rows)
    written = output.summary["tables"]
    for suffix, rows in together.items():
        for name, count in written.items():
            yield Finding(suffix, name, f"the courses have {count:,} rows together, as the summary says", abs(rows[name] - count))


@dataclass(slots=True)
class Counted:
    """Rows per table: those the summary tells, if it does, and those that were found."""

    written: Mapping[str, int] | None = None
    rows: dict[str, int] = field(default_factory=dict)


def formats(folder: Path) -> list[str]:
    """The formats that an output folder holds."""
    found = [suffix for suffix in ("csv", "parquet") if any((folder / f"{name}.{suffix}").exists() for name in TABLES)]
    found += ["duckdb"] if (folder / DATABASE).exists() else []
    if not found:
        raise InputError(f"{show(folder)} has no tables", "translate the logs again with --overwrite")
    return found


def check_tables(run: Run, engine: Engine, source: str, where: str, counted: Counted) -> Iterator[Finding]:
    """Check the tables that `run` reaches in the schema (MySQL: the database) `source`.

    `run` may raise a ValueError, which says why a table cannot be read.
    """

    def ask(sql: str) -> int:
        return int(run(spelled(sql, engine, source))[0][0])

    unreadable: set[str] = set()
    for name in TABLES:
        finding = _count(ask, where, name, counted)
        if not finding.ok and finding.note:
            unreadable.add(name)
        yield finding
    for rule in rules():
        if rule.table not in unreadable:
            yield _applied(ask, where, rule)


def _count(ask: Ask, where: str, name: str, counted: Counted) -> Finding:
    rule = "it can be read"
    try:
        rows = counted.rows[name] = ask(row_count(name))
    except ValueError as error:
        return Finding(where, name, rule, 1, str(error))
    if counted.written is None:
        return Finding(where, name, rule, 0)
    expected = counted.written.get(name, 0)
    return Finding(where, name, f"it has {expected:,} rows, as the summary says", abs(rows - expected))


def _applied(ask: Ask, where: str, rule: Rule) -> Finding:
    try:
        return Finding(where, rule.table, rule.sentence, ask(rule.broken))
    except ValueError as error:
        return Finding(where, rule.table, rule.sentence, 1, str(error))


def _check_files(folder: Path, suffix: str, where: str, counted: Counted) -> Iterator[Finding]:
    import duckdb

    from .engine import call, csv_line
    from .querying import CATALOG, connected

    with connected(folder, suffix) as connection:

        def run(statement: str) -> list[tuple[Any, ...]]:
            try:
                return call(connection, lambda: connection.execute(statement).fetchall())
            except duckdb.Error as error:  # never its text: it may quote a row
                line = csv_line(error)
                raise ValueError(f"line {line} cannot be read" if line else "it cannot be read") from error

        yield from check_tables(run, "duckdb", CATALOG, where, counted)


# ---------------------------------------------------------------- the summary


def check_summary(output: MoocDB) -> Iterator[Finding]:
    """Lines have one fate each, parts add up to the whole, and rejects.jsonl has a row for each rejected line."""
    summary = output.summary
    yield _agree("lines read are translated, filtered or rejected", [_fates(summary)])
    yield _agree("lines read of each input are translated, filtered or rejected", [_fates(report) for report in summary["inputs"]])
    for key in ("lines_read", "events", "filtered", "rejected", "salvaged"):
        yield _agree(f"{key.replace('_', ' ')} of the inputs add up", [(summary[key], sum(report[key] for report in summary["inputs"]))])
    for key in ("filtered", "rejected", "salvaged"):
        pairs = [(part[key], sum(part[f"{key}_by_reason"].values())) for part in (summary, *summary["inputs"])]
        yield _agree(f"{key} by reason add up", pairs)
    yield _agree(f"{REJECTS} has a row for each rejected line", [(summary["rejected"], _lines(output.home / REJECTS))])


def _fates(counts: Mapping[str, Any]) -> tuple[int, int]:
    return counts["lines_read"], counts["events"] + counts["filtered"] + counts["rejected"]


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def _agree(rule: str, pairs: list[tuple[int, int]]) -> Finding:
    return Finding("summary", "", rule, sum(abs(left - right) for left, right in pairs))
