"""Every line accounted for: reasons, counts, rejects.jsonl and summary.json.

Lines read = translated + filtered + rejected, for every input and for the run; `Counts.check` insists on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from .disk import write_whole
from .errors import InternalError

SUMMARY = "summary.json"
REJECTS = "rejects.jsonl"
_START = 200  # bytes of a rejected line that the restricted folder keeps


class Reason(StrEnum):
    """A reason with its explanation and, as `example`, lines of which the last one meets it ("" where none can be printed)."""

    doc: str
    example: str

    def __new__(cls, value: str, doc: str, example: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        member.example = example
        return member


_ENVELOPE = '"username": "learner_1", "time": "2024-03-05T10:15:00+00:00"'
_NEXT = (
    f'{{{_ENVELOPE}, "event_source": "browser", "event_type": "seq_next", "page": "https://lms.example.org/courses/course-v1:X+Y+Z/courseware/u/s/"}}'
)
_CHECK = (
    '{"username": "learner_1", "time": "%s", "event_source": "%s", "event_type": "problem_check", '
    '"context": {"course_id": "course-v1:X+Y+Z"}, "event": %s}'
)
_KEY = "block-v1:X+Y+Z+type@problem+block@p1"


class FilterReason(Reason):
    """Why a good line is not translated."""

    BLANK = "blank", "The line is empty or holds only blanks.", "   "
    MACHINE = (
        "machine",
        "A monitor, crawler or scanner, by its user agent or by the path it asked for.",
        f'{{{_ENVELOPE}, "event_source": "server", "event_type": "/courses/", "agent": "ELB-HealthChecker/2.0"}}',
    )
    STUDIO = (
        "studio",
        "An author at work in Studio or in a preview.",
        f'{{{_ENVELOPE}, "event_source": "server", "event_type": "/container/{_KEY}", "host": "studio.example.org"}}',
    )
    BACKGROUND = (
        "background",
        "A request that no person made (heartbeat, ajax, static files). `--keep-background` keeps it.",
        f'{{{_ENVELOPE}, "event_source": "server", "event_type": "/heartbeat"}}',
    )
    ANONYMOUS = (
        "anonymous",
        "Nobody is named. `--keep-anonymous` keeps it.",
        '{"username": "", "time": "2024-03-05T10:15:00+00:00", "event_source": "server", "event_type": "/courses/"}',
    )
    COURSE = "course", "The event belongs to no course that `--course` selects."
    PAGE_CLOSE = (
        "page_close",
        "The line ends a page. It sets the duration of the event before it and is no event itself.",
        _NEXT.replace("seq_next", "page_close"),
    )
    ECHO = (
        "echo",
        "A second report of what another line records: the browser's copy of a check, the server's of a sequence move.",
        "\n".join(
            (
                _CHECK % ("2024-03-05T10:15:00+00:00", "server", f'{{"problem_id": "{_KEY}", "answers": {{"p1_2_1": "42"}}}}'),
                _CHECK % ("2024-03-05T10:15:01+00:00", "browser", '"input_p1_2_1=42"'),
            )
        ),
    )
    DUPLICATE = "duplicate", "The same bytes as an earlier line of the same user at the same time. `--keep-duplicates` keeps it.", f"{_NEXT}\n{_NEXT}"


class RejectReason(Reason):
    """Why a line cannot be translated."""

    BAD_JSON = "bad_json", "The line is not JSON and no repair makes it so.", '{"username": "learner_1" "time"}'
    CUT = "cut", "The line breaks off before user, time and event type are complete.", f'{{{_ENVELOPE}, "event_ty'
    TOO_LONG = "too_long", "The line is longer than the limit (64 MiB unless the option line-limit says otherwise)."
    TOO_DEEP = "too_deep", "Objects and arrays are nested more than 1,000 deep."
    NOT_AN_EVENT = "not_an_event", "The line is JSON, but no object with an event type.", '["learner_1", "seq_next"]'
    NO_TIME = "no_time", "The event has no time.", '{"username": "learner_1", "event_type": "seq_next"}'
    BAD_TIME = (
        "bad_time",
        "The time cannot be read or does not exist.",
        '{"username": "learner_1", "event_type": "seq_next", "time": "2024-02-30T10:00:00"}',
    )


class SalvageReason(Reason):
    """How a line that is not JSON was repaired. The line then has a fate like any other."""

    UTF8 = "utf8", "Bytes that are not UTF-8 became U+FFFD."
    PREFIX = "prefix", "Text in front of the object, or commas and brackets behind it, were dropped.", f"Mar  5 10:15:00 web-1 tracking: {_NEXT}"
    BACKSLASH = "backslash", "A backslash that begins no JSON escape was kept as a backslash.", _NEXT.replace("learner_1", "learner\\_1")
    SURROGATE = "surrogate", "Half of a surrogate pair became U+FFFD.", _NEXT.replace("learner_1", "learner_\\ud83d")
    CUT_TAIL = "cut_tail", "The line breaks off behind user, time and event type; the last whole field ends it.", _NEXT[:-30]
    SECOND_OBJECT = "second_object", "Two objects stand on one line; the further ones are counted as extra events.", f"{_NEXT} {_NEXT}"


_REJECTS = frozenset(map(str, RejectReason))

REASONS: dict[str, str] = {str(reason): reason.doc for kind in (FilterReason, RejectReason) for reason in kind}
"""What each reason for not translating a line means."""


def zero(kind: type[Reason]) -> dict[str, int]:
    """No lines for any reason."""
    return dict.fromkeys((str(reason) for reason in kind), 0)


@dataclass(slots=True)
class Counts:
    """What became of the lines of an input, or of all of them."""

    lines_read: int = 0
    events: int = 0
    filtered: dict[str, int] = field(default_factory=lambda: zero(FilterReason))
    rejected: dict[str, int] = field(default_factory=lambda: zero(RejectReason))
    salvaged: dict[str, int] = field(default_factory=lambda: zero(SalvageReason))
    bad_payload: int = 0
    extra_events: int = 0

    def add(self, *, lines_read: int = 0, events: int = 0, bad_payload: int = 0, extra_events: int = 0) -> None:
        """Count lines that have no reason."""
        self.lines_read += lines_read
        self.events += events
        self.bad_payload += bad_payload
        self.extra_events += extra_events

    def add_reasons(self, group: str, reasons: Mapping[str, int]) -> None:
        """Count `reason → lines` into `filtered`, `rejected` or `salvaged`; a reason nobody declared is a bug."""
        counts: dict[str, int] = getattr(self, group)
        for reason, number in reasons.items():
            if reason not in counts:
                raise InternalError(f"{reason!r} is no declared reason of {group} lines")
            counts[reason] += number

    def merge(self, other: Counts) -> None:
        """Add the counts of another part."""
        self.add(lines_read=other.lines_read, events=other.events, bad_payload=other.bad_payload, extra_events=other.extra_events)
        for group in ("filtered", "rejected", "salvaged"):
            self.add_reasons(group, getattr(other, group))

    @property
    def filtered_total(self) -> int:
        return sum(self.filtered.values())

    @property
    def rejected_total(self) -> int:
        return sum(self.rejected.values())

    @property
    def salvaged_total(self) -> int:
        return sum(self.salvaged.values())

    def check(self, where: str) -> None:
        """Every line has one fate, or the program is wrong."""
        fates = self.events + self.filtered_total + self.rejected_total
        if self.lines_read != fates:
            raise InternalError(
                f"{where}: {self.lines_read} lines were read, but {self.events} translated, "
                f"{self.filtered_total} filtered and {self.rejected_total} rejected",
                "please report this with the summary of the run",
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Counts:
        """The counts in a summary.json."""
        counts = cls(**{name: values[name] for name in ("lines_read", "events", "bad_payload", "extra_events")})
        for group in ("filtered", "rejected", "salvaged"):
            counts.add_reasons(group, values[f"{group}_by_reason"])
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Totals first, then the same by reason, without the reasons that did not occur."""
        return {
            "lines_read": self.lines_read,
            "events": self.events,
            "filtered": self.filtered_total,
            "rejected": self.rejected_total,
            "salvaged": self.salvaged_total,
            "bad_payload": self.bad_payload,
            "extra_events": self.extra_events,
            "filtered_by_reason": _occurred(self.filtered),
            "rejected_by_reason": _occurred(self.rejected),
            "salvaged_by_reason": _occurred(self.salvaged),
        }


def _occurred(counts: Mapping[str, int]) -> dict[str, int]:
    return {reason: number for reason, number in counts.items() if number}


@dataclass(slots=True)
class InputReport:
    """What was read of one input."""

    name: str
    path: str
    bytes: int
    fingerprint: str
    compression: str = ""
    damage: str | None = None
    counts: Counts = field(default_factory=Counts)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], path: str) -> InputReport:
        """The report in a summary.json."""
        name, size, fingerprint = values["name"], values["bytes"], values["fingerprint"]
        return cls(name, path, size, fingerprint, values["compression"] or "", values["damage"], Counts.from_dict(values))

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "bytes": self.bytes,
            "fingerprint": self.fingerprint,
            "compression": self.compression or None,
            "damage": self.damage,
            **self.counts.to_dict(),
        }


@dataclass(slots=True)
class RunFacts:
    """What differs from run to run and from machine to machine: kept apart, so that the rest of a summary is reproducible."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    peak_disk_bytes: int = 0
    uncompressed_bytes: int = 0
    workers: int = 0
    shards: int = 0
    simdjson: str = ""
    out: str = ""
    key_file: str = ""
    key_created: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    taken: int = 0  # inputs that this run read; those before them were in the output
    skipped: list[str] = field(default_factory=list)  # inputs that were in the output already
    state: str = ""  # of an output that can be appended to: the index of its state
    resumed: int = 0  # pieces of work that an interrupted run had done
    restarted: bool = False  # an interrupted run was found, but of other inputs or options
    warnings: list[str] = field(default_factory=list)  # about what this run did to the output of the runs before it

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the translator knew of the event types that it translated: names, one for all names of a type, with numbers of events."""

    with_payload: dict[str, int]  # types whose payload is mapped
    common_fields: dict[str, int]  # types known to say nothing more than who, when and where
    unknown: dict[str, int]  # types that nobody declared: translated with the common fields

    @classmethod
    def of(cls, event_types: Mapping[str, int]) -> Coverage:
        """The coverage of some event types."""
        from .events import canonical
        from .events.lookup import is_declared, reads_payload

        groups: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
        for name, number in event_types.items():
            group = groups[0 if reads_payload(name) else 1 if is_declared(name) else 2]
            group[canonical(name)] = group.get(canonical(name), 0) + number
        return cls(*groups)

    def to_dict(self) -> dict[str, Any]:
        """Types and events of each group; of the unknown also the names."""
        groups = {name: getattr(self, name) for name in self.__slots__}
        return {name: {"types": len(group), "events": sum(group.values())} for name, group in groups.items()} | {"unknown_types": self.unknown}


@dataclass(slots=True)
class Summary:
    """The ledger of a run: what `translate` returns and summary.json holds."""

    counts: Counts = field(default_factory=Counts)
    inputs: list[InputReport] = field(default_factory=list)
    courses: dict[str, int] = field(default_factory=dict)
    event_types: dict[str, int] = field(default_factory=dict)
    families: dict[str, int] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    run: RunFacts = field(default_factory=RunFacts)

    lines_read = property(lambda self: self.counts.lines_read)
    events = property(lambda self: self.counts.events)
    filtered = property(lambda self: self.counts.filtered_total)
    rejected = property(lambda self: self.counts.rejected_total)
    salvaged = property(lambda self: self.counts.salvaged_total)
    bad_payload = property(lambda self: self.counts.bad_payload)
    extra_events = property(lambda self: self.counts.extra_events)

    @property
    def coverage(self) -> Coverage:
        """How well the event types are known."""
        return Coverage.of(self.event_types)

    @property
    def damaged(self) -> list[InputReport]:
        """The inputs that broke off or are corrupt."""
        return [report for report in self.inputs if report.damage]

    @property
    def new(self) -> list[InputReport]:
        """The inputs that this run read."""
        return self.inputs[len(self.inputs) - self.run.taken :]

    @property
    def newly_damaged(self) -> list[InputReport]:
        """Those of them that broke off or are corrupt."""
        return [report for report in self.new if report.damage]

    def total(self) -> None:
        """Set `counts` to the sum over the inputs, after checking each and the sum."""
        self.counts = Counts()
        for report in self.inputs:
            report.counts.check(report.name)
            self.counts.merge(report.counts)
        self.counts.check("all inputs")

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.counts.to_dict(),
            "inputs": [report.to_dict() for report in self.inputs],
            "courses": self.courses,
            "event_types": self.event_types,
            "families": self.families,
            "coverage": self.coverage.to_dict(),
            "tables": self.tables,
            "versions": self.versions,
            "options": self.options,
            "warnings": self.warnings,
            "run": {**self.run.to_dict(), "paths": [report.path for report in self.inputs]},
        }

    @classmethod
    def read(cls, path: Path) -> Summary:
        """The summary in a summary.json."""
        values = json.loads(path.read_text(encoding="utf-8"))
        facts, plain = values["run"], ("courses", "event_types", "families", "tables", "versions", "options", "warnings")
        return cls(
            Counts.from_dict(values),
            [InputReport.from_dict(report, given) for report, given in zip(values["inputs"], facts["paths"], strict=True)],
            **{name: values[name] for name in plain},
            run=RunFacts(**{name: facts[name] for name in RunFacts.__slots__}),
        )

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"

    def write(self, path: Path) -> None:
        """Write summary.json: complete on the disk, or not there."""
        write_whole(path, self.to_json().encode())


def versions() -> dict[str, str]:
    """Versions of what shapes the tables."""
    import platform

    packages = ("moocdb_fast", "pyarrow", "ua-parser")
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in packages}


class RejectsWriter:
    """rejects.jsonl: where each rejected line stands and why. Only with `starts` (in the restricted folder) does it hold the
    beginning of the line, and then only its owner may read the file."""

    def __init__(self, path: Path, *, starts: bool = False) -> None:
        self.rows = 0
        self._starts = starts
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._file: BinaryIO = os.fdopen(os.open(path, flags, 0o600 if starts else 0o666), "wb", buffering=1024 * 1024)

    def write(self, file: str, line: int, offset: int, reason: str, start: bytes = b"") -> None:
        """Add a row: input name, line number from 1, byte offset in the decompressed stream, reason."""
        if reason not in _REJECTS:
            raise InternalError(f"{reason!r} is no declared reason of rejected lines")
        row: dict[str, Any] = {"file": file, "line": line, "offset": offset, "reason": str(reason)}
        if self._starts:
            row["start"] = start[:_START].decode("utf-8", "replace")
        self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        self.rows += 1

    def write_all(self, rows: Iterable[tuple[str, int, int, str, bytes]]) -> None:
        for row in rows:
            self.write(*row)

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
