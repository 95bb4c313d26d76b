"""What single lines become: a small log is translated, and the rows of its tables are led back to the lines that made them.

Observed events and submissions carry the place of their line. Rows of other tables are led back by their time, so lines that
make such rows at the same time are translated apart.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from . import _core, translate  # through the face, which a plain import of the module would hide
from .events._spec import FACTS, Meaning
from .events.lookup import declaration, name_of
from .ledger import Counts
from .options import Options
from .reading import open as open_output
from .scan import scan_options, scan_text, tables
from .schema import STUDENT, TABLES, USER_TYPES

# The first line of every file: a file without any event is none that a run accepts.
_SENTINEL = b'{"username": "nobody", "event_type": "page_close", "time": "1970-01-01T00:00:00Z"}\n'
_LABELS = {"urls": "url", "questions": "question_reference", "answers": "answer_content", "collaborations": "collaboration_key"}
_BY_TIME = {"assessments": "assessment_timestamp", "collaborations": "collaboration_timestamp", "feedbacks": "feedback_timestamp"}
_JOIN = FACTS.index("join")
_PROFILE = ("user_gender", "user_birthdate", "user_country", "user_language")
_CLOSE = _core.FLAGS["close"]
_Values = dict[str, Any]
_Fate = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a line made. `values` are the columns that are not NULL, with references as text of what they refer to and without
    the row's own id and user; `tables` are its table and those in which it refers to a row (but users)."""

    table: str
    values: _Values
    tables: frozenset[str]


@dataclass(slots=True)
class Trace:
    """What became of a line: its fate (`translated`, or `filtered` or `rejected` with a reason) and its rows."""

    fate: str = "translated"
    reason: str = ""
    rows: list[Row] = field(default_factory=list)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that hold something because of the line."""
        return frozenset().union(*(row.tables for row in self.rows))


def trace(lines: Sequence[bytes], options: Options | None = None) -> list[Trace]:
    """What each of the lines becomes if they are a log."""
    traces = [Trace() for _ in lines]
    options = options or Options()
    times = times_of(lines, options)
    for chosen in _rounds(times):
        found = _Round([lines[i] for i in chosen], [times[i] for i in chosen], options).run()
        for i, made in zip(chosen, found, strict=True):
            traces[i] = made
    return traces


def times_of(lines: Sequence[bytes], options: Options) -> list[frozenset[int]]:
    """The times, in microseconds, by which rows are led back to a line; none of a line that only makes observed events."""
    scanner = scan_text(tables(), b"".join(line + b"\n" for line in lines), scan_options(options) | {"courses": ()})
    starts = np.cumsum([0, *(len(line) + 1 for line in lines)])
    events, facts = scanner.events(), scanner.facts()
    makers = [scanner.parts(), scanner.posts(), scanner.replies(), scanner.verdicts(), {"row": facts["row"][facts["what"] == _JOIN]}]
    rows = np.unique(np.concatenate([columns["row"] for columns in makers]))
    times: list[set[int]] = [set() for _ in lines]
    owners = np.searchsorted(starts, events["offset"][rows], side="right") - 1
    for owner, time in zip(owners.tolist(), events["time"][rows].tolist(), strict=True):
        times[owner].add(time)
    return [frozenset(each) for each in times]


def _rounds(times: Sequence[frozenset[int]]) -> list[list[int]]:
    """Lines in order, cut into logs in which no two lines have a time in common."""
    rounds: list[tuple[list[int], set[int]]] = []
    for number, mine in enumerate(times):
        fitting = next((r for r in rounds if not mine & r[1]), None)
        if fitting is None:
            fitting = ([], set())
            rounds.append(fitting)
        fitting[0].append(number)
        fitting[1].update(mine)
    return [members for members, _ in rounds]


class _Round:
    """One log, translated."""

    def __init__(self, lines: Sequence[bytes], times: Sequence[frozenset[int]], options: Options) -> None:
        self.lines, self.options = lines, options
        self._owner = {time: number for number, mine in enumerate(times) for time in mine}

    def run(self) -> list[Trace]:
        """The traces. What was decided of a line without rows can mostly be told from itself, else from the numbers in the ledger."""
        traces = [Trace() for _ in self.lines]
        everything = [list(range(len(self.lines)))]
        with self._translated(everything) as (folder, counts):
            for number, row in _Output(self.lines, self._owner, folder).owned():
                traces[number].rows.append(row)
            left = Counter(counts[0])
        compiled, seen = tables(), set[bytes]()
        for number, (made, line) in enumerate(zip(traces, self.lines, strict=True)):
            if not made.rows:
                made.fate, made.reason = self._alone(compiled, number, line in seen)
            seen.add(line)
            left[made.fate, made.reason] -= 1
        open_ = [number for number, made in enumerate(traces) if not made.rows and made.fate == "translated"]
        left["translated", ""] += len(open_)
        if len(+left) > 1 or (+left).total() != len(open_):  # rows of a second event on a line say nothing of the line's fate
            self._ask_ledger(traces, _runs(open_))
        else:
            for number, fate in zip(open_, (+left).elements(), strict=True):
                traces[number].fate, traces[number].reason = fate
        return traces

    def _alone(self, compiled: Any, number: int, again: bool) -> tuple[str, str]:
        """The fate and reason of a line without rows, as far as the scan of it decides that; `again`: it is there before."""
        scanner = scan_text(compiled, self.lines[number] + b"\n", scan_options(self.options) | {"courses": ()})
        for _, _, reason, _ in scanner.rejects():
            return "rejected", reason
        for reason in scanner.counts()["filtered"]:
            return "filtered", reason
        if (scanner.events()["flags"][:1] & _CLOSE).any():
            return "filtered", "page_close"
        return ("filtered", "duplicate") if again and not self.options.keep_duplicates else ("translated", "")

    def _ask_ledger(self, traces: list[Trace], groups: list[list[int]]) -> None:
        """Settle the rest: each group of lines becomes a file of its own, and then each line of a group in which fates are mixed."""
        while groups:
            files = _files(len(self.lines), groups)
            with self._translated(files) as (_, counts):
                found = {members[0]: each for members, each in zip(files, counts, strict=True)}
            mixed = []
            for members in groups:
                if len(found[members[0]]) > 1:
                    mixed += [[number] for number in members]
                for number in members:
                    traces[number].fate, traces[number].reason = next(iter(found[members[0]]))
            groups = mixed

    @contextlib.contextmanager
    def _translated(self, files: list[list[int]]) -> Iterator[tuple[Path, list[Counter[_Fate]]]]:
        """The folder of the result, and of each file the numbers of lines by fate and reason."""
        with tempfile.TemporaryDirectory(prefix="moocdb_fast-") as name:
            folder = Path(name)
            (folder / "log").mkdir()
            for number, members in enumerate(files):
                (folder / "log" / f"{number:08}.json").write_bytes(_SENTINEL + b"".join(self.lines[i] + b"\n" for i in members))
            summary = translate([folder / "log"], folder / "out", _options(self.options, folder))
            yield folder, [_fates(report.counts) for report in summary.inputs]


def _options(options: Options, folder: Path) -> Options:
    shaping = {name: getattr(options, name) for name in ("keep_anonymous", "keep_background", "keep_duplicates", "line_limit")}
    return Options(workers=1, formats=("parquet",), key_file=folder / "key", restricted=folder / "restricted", **shaping)


def _fates(counts: Counts) -> Counter[_Fate]:
    """The numbers of lines by fate and reason, without the first line that every file has."""
    found = Counter({("filtered", reason): number for reason, number in counts.filtered.items()})
    found.update({("rejected", reason): number for reason, number in counts.rejected.items()})
    found["translated", ""] = counts.events
    found["filtered", "page_close"] -= 1
    return +found


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Numbers in order, cut where one is missing."""
    runs: list[list[int]] = []
    for number in numbers:
        if not runs or runs[-1][-1] != number - 1:
            runs.append([])
        runs[-1].append(number)
    return runs


def _files(lines: int, groups: Sequence[list[int]]) -> list[list[int]]:
    """All lines in order, cut into the groups and what is between them."""
    inside = {number for members in groups for number in members}
    return sorted([*groups, *_runs(number for number in range(lines) if number not in inside)])


@dataclass
class _Output:
    """The tables of a log, which was one file."""

    lines: Sequence[bytes]
    owner: dict[int, int]  # by time
    folder: Path

    def __post_init__(self) -> None:
        moocdb = open_output(self.folder / "out")
        self.rows: dict[str, list[_Values]] = {name: moocdb.table(name).to_pylist() for name in TABLES}
        self._starts = np.cumsum([len(_SENTINEL), *(len(line) + 1 for line in self.lines)]).tolist()

    def owned(self) -> Iterator[tuple[int, Row]]:
        """Every row that a line made, with the line."""
        observed = {}
        for row in self.rows["observed_events"]:
            observed[row["observed_event_id"]] = self._line_of(row["observed_event_key"])
            yield observed[row["observed_event_id"]], self._row("observed_events", row)
        for row in self.rows["click_events"]:
            yield observed[row["observed_event_id"]], self._row("click_events", row)
        for row in self.rows["submissions"]:
            yield self._line_of(row["submission_key"]), self._row("submissions", row)
        for table, column in _BY_TIME.items():
            for row in self.rows[table]:
                yield self.owner[_microseconds(row[column])], self._row(table, row)
        yield from self._users()

    def _line_of(self, key: str) -> int:
        return int(bisect_right(self._starts, int(key.split(":")[1])) - 1)

    def _row(self, table: str, row: _Values) -> Row:
        declared = TABLES[table]
        values, filled = {}, {table}
        for column in declared.columns:
            value = row[column.name]
            if value is None:
                continue
            if column.references in ("users", "observed_events"):
                continue
            if column.references:
                filled |= {column.references, *self._behind(column.references, value)}
                value = self._label(column.references, value)
            if (column.name,) != declared.key:
                values[column.name] = "user_id" if column.name == "assessment_grader_id" and value.isdecimal() else value
        return Row(table, values, frozenset(filled))

    @cached_property
    def _by_id(self) -> dict[str, dict[Any, _Values]]:
        return {name: {row[TABLES[name].key[0]]: row for row in rows} for name, rows in self.rows.items()}

    def _behind(self, table: str, number: Any) -> Iterator[str]:
        """Tables in which a row that is referred to refers to others in turn."""
        row = self._by_id[table][number]
        for column in TABLES[table].columns:
            if column.references not in ("", "users", table) and row[column.name] is not None:
                yield column.references
                yield from self._behind(column.references, row[column.name])

    def _label(self, table: str, number: Any) -> str:
        row = self._by_id[table][number]
        if table == "resources":
            return str(row["resource_key"] or row["resource_uri"])
        if table == "submissions":
            return self._label("problems", row["problem_id"])
        if table == "problems":
            return str(row["problem_key"])
        names = TABLES[table].names
        return str(row[_LABELS.get(table) or next(name for name in names if name.endswith("_name"))])

    def _users(self) -> Iterator[tuple[int, Row]]:
        """The rows of users about whom a line tells something, with what it tells."""
        people = self._people()
        for number, text in enumerate(self.lines):
            line = read_line(text)
            declared = declaration(name_of(line), str(member(line, "event_source")))
            if declared is None:
                continue
            for user_id in dict.fromkeys(people[who] for who in _named(line, declared.meaning) if who in people):
                row = self._by_id["users"][user_id]
                told = {name: value for name, value in row.items() if value is not None and self._tells(declared.meaning, number, name, value)}
                if told:
                    type_id = told.pop("user_type_id", None)
                    named = {"user_type_id": dict(USER_TYPES)[type_id]} if type_id else {}
                    yield number, Row("users", told | named, frozenset({"users", "user_types"} if named else {"users"}))

    def _tells(self, meaning: Meaning, number: int, column: str, value: Any) -> bool:
        if column == "user_join_timestamp":
            return meaning.joins and self.owner.get(_microseconds(value)) == number
        if column == "user_type_id":
            return meaning.staff and value != STUDENT
        return bool(meaning.final_grade) if column == "user_final_grade" else meaning.profile and column in _PROFILE

    def _people(self) -> dict[str, int]:
        """user_id by name and by platform id."""
        from pyarrow import csv

        convert = csv.ConvertOptions(column_types={"user_name": "string", "platform_id": "string"}, strings_can_be_null=True)
        people: dict[str, int] = {}
        for row in csv.read_csv(self.folder / "restricted" / "user_pii.csv", convert_options=convert).to_pylist():
            for kind in ("platform_id", "user_name"):
                if row[kind]:
                    people[row[kind]] = row["user_id"]
        return people


def member(line: _Values, name: str) -> Any:
    """A member of the envelope, or what stands for it in `context` (rules, section 3)."""
    value, context = line.get(name), line.get("context")
    return context.get(name) if value is None and isinstance(context, dict) else value


def read_line(line: bytes) -> _Values:
    """A line as an object; empty if it is none."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(line)
        return value if isinstance(value, dict) else {}
    return {}


def _named(line: _Values, meaning: Meaning) -> Iterable[str]:
    """Names and ids by which a line tells whom it is about: the affected user of the payload, else the actor."""
    payload = line.get("event", line.get("data"))
    if isinstance(payload, str):
        payload = read_line(payload.encode())
    affected = []
    for path in meaning.user:
        value: Any = payload
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        affected.append(value)
    actor = [member(line, "username"), member({"context": line.get("context")}, "user_id")]
    found = actor if meaning.staff or not any(affected) else affected
    return [str(who) for who in found if who]


def _microseconds(time: datetime.datetime) -> int:
    return (time - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
