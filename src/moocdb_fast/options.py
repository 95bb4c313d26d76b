"""The options of a translation, declared once: the library, the command line, the TOML file and the reference derive from them."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from .errors import UsageError, cannot_read, show

Format = Literal["csv", "parquet", "duckdb"]
FORMATS: tuple[Format, ...] = get_args(Format)
MIB = 1024 * 1024

_SIZE = re.compile(r"(\d+)\s*(|[KMG])(i?B)?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1024, "M": MIB, "G": 1024 * MIB}


def parse_size(text: str) -> int:
    """`67108864`, `64M` or `64 MiB` as bytes."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError("write a size as 67108864, 64M or 64MiB")
    return int(match[1]) * _UNITS[match[2].upper()]


def parse_formats(text: str) -> tuple[str, ...]:
    """`csv,parquet` as a tuple, each once."""
    return tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))


def normal_course(text: str) -> str:
    """A course id as the tables spell it (rules, section 6); ValueError when it is none."""
    course = text.strip().rstrip("/")
    course = re.sub("%3a", ":", re.sub("%2b", "+", course, flags=re.IGNORECASE), flags=re.IGNORECASE)
    modern = course.startswith(("course-v1:", "ccx-v1:"))
    if modern:
        course = course.replace(" ", "+")
    pieces = course.split(":", 1)[1].split("+") if modern else course.split("/")
    shaped = len(pieces) >= 3 if modern else len(pieces) == 3 and ":" not in course
    if not (shaped and all(pieces)) or len(course.encode("utf-8", "surrogateescape")) > 255 or any(ord(c) <= 0x20 for c in course):
        raise ValueError("a course id looks like course-v1:Org+Number+Run or Org/Number/Run")
    return course


def _option(
    help: str,
    default: Any,
    *,
    option: str = "",
    metavar: str = "",
    parse: Callable[[str], Any] = str,
    tables: bool = False,
    scan: bool = False,
    repeat: bool = False,
    hidden: bool = False,
) -> Any:
    """A field. `option` is its name outside Python (default: its own), `tables` says that it shapes the tables, `scan` that it
    shapes the shards, `repeat` that the command line collects it, `hidden` that only the library and the TOML file know it."""
    meta = {"help": help, "option": option, "metavar": metavar, "parse": parse, "tables": tables, "scan": scan, "repeat": repeat, "hidden": hidden}
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True)
class Options:
    """What a translation may be told. All values are checked when the object is made; a bad one is a UsageError."""

    courses: tuple[str, ...] = _option(
        "translate only this course (may be repeated); other lines are counted as filtered",
        (), option="course", metavar="ID", parse=normal_course, tables=True, scan=True, repeat=True,
    )  # fmt: skip
    split_by_course: bool = _option("write one MOOCdb per course, each in a folder of its own", False, tables=True)
    workers: int | None = _option("worker processes (default: one per CPU)", None, metavar="N", parse=int)
    formats: tuple[str, ...] = _option(
        "output formats, separated by commas: csv, parquet, duckdb", ("csv",), option="format", metavar="LIST", parse=parse_formats, tables=True
    )
    overwrite: bool = _option("replace an earlier output in the output folder", False)
    append: bool = _option("add the inputs to an output that was made with --append, or begin one; inputs that are in it already are skipped", False)
    state: Path | None = _option(  # noqa: RUF009 - makes a field
        "folder (made with mode 0700) where --append keeps what it read of the logs (default: the output folder's name and .state, beside it)",
        None, metavar="DIR", parse=Path,
    )  # fmt: skip
    resume: bool = _option("keep what was scanned when the run is interrupted, and go on from what an interrupted run has kept", False)
    key_file: Path | None = _option(  # noqa: RUF009 - makes a field
        "file with the secret key of the pseudonyms; made when missing (default: pseudonym.key in your configuration folder)",
        None, metavar="FILE", parse=Path,
    )  # fmt: skip
    geoip: Path | None = _option(  # noqa: RUF009 - makes a field
        "MaxMind-format database (.mmdb) for users.user_country", None, metavar="FILE", parse=Path, tables=True
    )
    keep_anonymous: bool = _option("keep events of nobody, under one reserved user", False, tables=True, scan=True)
    keep_background: bool = _option("keep requests that no person made (heartbeats, ajax), as events that move nobody", False, tables=True, scan=True)
    keep_duplicates: bool = _option("keep lines that repeat an earlier line byte for byte", False, tables=True)
    spreadsheet_safe: bool = _option(
        "put an apostrophe before texts in CSV files that spreadsheets would run as formulas; for people who open them there, not for programs",
        False, tables=True,
    )  # fmt: skip
    max_rejects: int | None = _option("fail, and write nothing, when more than N lines are rejected", None, metavar="N", parse=int, tables=True)
    max_reject_rate: float | None = _option(
        "fail, and write nothing, when more than this share of the lines (0 to 1) is rejected", None, metavar="R", parse=float, tables=True
    )
    restricted: Path | None = _option(  # noqa: RUF009 - makes a field
        "folder (made with mode 0700) for personal data: user names, ids and addresses per user, and the start of each rejected line",
        None, metavar="DIR", parse=Path,
    )  # fmt: skip
    payloads: bool = _option(
        "keep the payload of each event, in event_payloads.parquet in the folder of --restricted (it may hold personal data)", False, scan=True
    )
    shard_bytes: int = _option("how much of a plain file one worker reads at a time", 64 * MIB, metavar="SIZE", parse=parse_size, scan=True)
    line_limit: int = _option(
        "longest line that is read; longer ones are rejected",
        64 * MIB, metavar="SIZE", parse=parse_size, tables=True, scan=True, hidden=True,
    )  # fmt: skip

    def __post_init__(self) -> None:
        for name in ("key_file", "geoip", "restricted", "state"):
            object.__setattr__(self, name, _checked(name, getattr(self, name), _path))
        object.__setattr__(self, "courses", _checked("courses", self.courses, _courses))
        object.__setattr__(self, "formats", _checked("formats", self.formats, _formats))
        for name in ("workers", "shard_bytes", "line_limit"):
            _checked(name, getattr(self, name), lambda v: _whole(v, 1, optional=name == "workers"))  # noqa: B023 - called at once
        _checked("max_rejects", self.max_rejects, lambda v: _whole(v, 0, optional=True))
        _checked("max_reject_rate", self.max_reject_rate, _rate)
        if self.payloads and self.restricted is None:
            raise UsageError("payloads may hold personal data", "say where they may lie: --payloads --restricted DIR")
        if self.append and self.overwrite:
            raise UsageError("--append adds to an output and --overwrite replaces it", "choose one of them")
        if self.state is not None and not self.append:
            raise UsageError("--state is where --append keeps what it read", "add --append, or leave --state out")

    @property
    def processes(self) -> int:
        """How many processes, or threads, may work at a time."""
        return self.workers or os.cpu_count() or 1

    @classmethod
    def from_toml(cls, path: str | Path, **overrides: Any) -> Options:
        """The options in a TOML file, whose keys are the names of the command-line options; `overrides` (field names) win."""
        import tomllib

        path = Path(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise cannot_read(path, error) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{show(path)} is not a TOML file: {error}", "write one option a line, as in: workers = 2") from error
        return cls(**(_from_mapping(content, path) | overrides))

    def to_dict(self, *, tables: bool | None = None) -> dict[str, Any]:
        """Option name → value, JSON-ready. `tables=True`: only those that shape the tables, `False`: only the others."""
        chosen = [f for f in fields(self) if tables is None or f.metadata["tables"] is tables]
        return {option_name(f.name): _plain(getattr(self, f.name), short=f.metadata["tables"]) for f in chosen}


def option_name(name: str) -> str:
    """The name of a field on the command line and in TOML, without dashes in front."""
    return str(FIELDS[name].metadata["option"] or name.replace("_", "-"))


FIELDS = {f.name: f for f in fields(Options)}
SCAN_FIELDS = tuple(name for name, field in FIELDS.items() if field.metadata["scan"])
"""The options that shape the shards of a log."""
_BY_OPTION = {option_name(name): name for name in FIELDS}


def _plain(value: Any, *, short: bool) -> Any:
    """JSON-ready. What shapes the tables is told without the folder it lies in, which does not."""
    if isinstance(value, Path):
        return show(value.name if short else value)
    return list(value) if isinstance(value, tuple) else value


def _checked(name: str, value: Any, check: Callable[[Any], Any]) -> Any:
    try:
        return check(value)
    except ValueError as error:
        option = option_name(name)
        raise UsageError(f"--{option} cannot be {value!r}: {error}", "see: python -m moocdb_fast run --help") from error


def _path(value: Any) -> Path | None:
    if value is not None and not isinstance(value, str | os.PathLike):
        raise ValueError("it must be a path")
    if value is not None and _was_uri(os.fspath(value)):
        raise ValueError("it must be a path of this machine, not a URI")
    return None if value is None else Path(value)


def _was_uri(path: str) -> bool:
    """Whether a path was made of a URI, which has cost it a slash."""
    from .remote import SCHEMES  # most commands need nothing of it

    return re.match(rf"({'|'.join((*SCHEMES, 'file'))}):/", path, re.IGNORECASE) is not None


def _courses(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = (value,)
    if not isinstance(value, tuple | list) or not all(isinstance(course, str) for course in value):
        raise ValueError("give course ids, as text")
    return tuple(dict.fromkeys(normal_course(course) for course in value))


def _formats(value: Any) -> tuple[str, ...]:
    chosen = parse_formats(value) if isinstance(value, str) else value
    if not chosen or not isinstance(chosen, tuple | list) or not set(chosen) <= set(FORMATS):
        raise ValueError(f"choose from {', '.join(FORMATS)}")
    return tuple(f for f in FORMATS if f in chosen)


def _whole(value: Any, least: int, *, optional: bool) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"it must be a whole number of at least {least}")


def _rate(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value) or not 0 <= value <= 1:
        raise ValueError("it must be a number from 0 to 1, for example 0.01 for one line in a hundred")


def _from_mapping(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Field name → value of a parsed TOML file; relative paths start at the folder of the file."""
    values: dict[str, Any] = {}
    for key, value in content.items():
        name = _BY_OPTION.get(key.replace("_", "-"))
        if name is None:
            near = difflib.get_close_matches(key.replace("_", "-"), _BY_OPTION, n=1, cutoff=0)
            raise UsageError(f"{show(path)} has an unknown option {key!r}", f"did you mean {near[0]}? Known: {', '.join(sorted(_BY_OPTION))}")
        values[name] = _from_toml_value(name, key, value, path)
    return values


def _from_toml_value(name: str, key: str, value: Any, path: Path) -> Any:
    field = FIELDS[name]
    if isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{show(path)}: {key} must be true or false", f"write: {key} = true")
        return value
    if name in ("courses", "formats"):
        return tuple(value) if isinstance(value, list) else value
    parse = field.metadata["parse"]
    if parse is Path:
        if not isinstance(value, str):
            raise UsageError(f"{show(path)}: {key} must be a path in quotes", f'write: {key} = "file"')
        return path.parent / value
    if parse is parse_size and isinstance(value, str):
        try:
            return parse_size(value)
        except ValueError as error:
            raise UsageError(f"{show(path)}: {key}: {error}", f'write: {key} = "64MiB"') from error
    return value
