"""The work of one process: the lines that the scan kept of a shard become pieces of the nine tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from .. import _core
from ..columns import Text, load_table, save_tables
from ..countries import Countries
from ..events.lookup import name_of
from ..inputs import Shard
from ..merge import MergedShard
from ..options import Options
from ..scan import scan_options, scan_text, tables
from .accounts import account_row
from .lines import Lines, documents_of
from .people import People, without_persons
from .rows import Event, Row, rows_of
from .tables import FILES, TABLES

Array = np.ndarray[Any, Any]
_REQUEST, _EXTRA = _core.FLAGS["request"], _core.FLAGS["extra"]
_PSEUDONYMS, _ALIAS, _DROPPED, _NAMES = "pseudonyms", "alias.npy", "dropped.npy", "names.json"
_CREATED = b"create_account"


@dataclass(frozen=True)
class Task:
    """A shard of the input, the shard folders that its scan left, and where its pieces go."""

    shard: Shard
    folders: tuple[MergedShard, ...]
    pieces: Path

    def piece(self, table: str) -> Path:
        """The piece of a table."""
        return self.pieces / f"{self.shard.index:06d}-{FILES[table]}"


@dataclass(frozen=True)
class Whole:
    """What processes must know of the whole log, kept in a folder: it grows with the users of the log."""

    folder: Path

    def save(self, pseudonyms: list[str], alias: Array, dropped: Array, courses: list[str], ids: dict[str, str]) -> None:
        """`pseudonyms` by user code, `alias` from codes to codes, `dropped` by ordinal, `courses` by code, `ids`: platform id → pseudonym."""
        self.folder.mkdir()
        save_tables(self.folder / _PSEUDONYMS, {_PSEUDONYMS: {"text": Text.of(pseudonyms)}})
        np.save(self.folder / _ALIAS, alias)
        np.save(self.folder / _DROPPED, dropped)
        (self.folder / _NAMES).write_text(json.dumps({"courses": courses, "ids": ids}), encoding="utf-8")

    def load(self) -> tuple[Text, Array, Array, list[str], dict[str, str]]:
        """The same, mapped into memory where it is long."""
        pseudonyms = load_table(self.folder / _PSEUDONYMS, _PSEUDONYMS)["text"]
        names = json.loads((self.folder / _NAMES).read_text(encoding="utf-8"))
        dropped = np.load(self.folder / _DROPPED, mmap_mode="r")
        return pseudonyms, np.load(self.folder / _ALIAS), dropped, names["courses"], names["ids"]


def make_writer(whole: Whole, key: bytes, options: Options) -> Callable[[Task, Callable[..., None]], dict[str, int]]:
    """The work of a worker process: write the pieces of a task; gives rows by table."""
    writer = _Writer(whole, key, options)

    def work(task: Task, report: Callable[..., None]) -> dict[str, int]:
        rows = writer.write(task)
        report(0, 0)
        return rows

    return work


class _Writer:
    def __init__(self, whole: Whole, key: bytes, options: Options) -> None:
        self.options = options
        self.pseudonyms, self.alias, self.dropped, self.courses, ids = whole.load()
        self.people = People(key, ids)
        self.countries = Countries(options.geoip)
        self._tables = tables()

    def write(self, task: Task) -> dict[str, int]:
        counts = dict.fromkeys(TABLES, 0)
        chosen = [name for name, table in TABLES.items() if self.options.restricted is not None or not table.restricted]
        with ExitStack() as stack:
            files: dict[str, TextIO] = {
                name: stack.enter_context(task.piece(name).open("w", encoding="utf-8", newline="")) for name in chosen
            }  # fmt: skip
            for name, values in self._rows(task):
                if name in files:
                    files[name].write(TABLES[name].line(values))
                    counts[name] += 1
        return counts

    def _rows(self, task: Task) -> Iterator[Row]:
        yield from self._events(task)
        if self.options.restricted is not None:
            yield from self._accounts(task)

    def _events(self, task: Task) -> Iterator[Row]:
        kept = [(folder, rows) for folder in task.folders if len(rows := _kept(folder, self.dropped))]
        if not kept:
            return
        with Lines(task.shard.input, task.shard.start, self.options.line_limit) as lines:
            for folder, rows in kept:
                view = _View(folder, rows, self)
                for number, document in enumerate(lines.documents(view.places)):
                    yield from rows_of(view.event(number, document), self.people)

    def _accounts(self, task: Task) -> Iterator[Row]:
        """Accounts that lines of the shard made. These are background requests, of which the scan keeps nothing; whether such a line is an
        event of a person, and of a selected course, a scan of this line alone tells."""
        shard = task.shard
        with Lines(shard.input, shard.start, self.options.line_limit) as lines:
            for at, line in lines.matching(_CREATED, shard.end):
                for offset, document in documents_of(at, line) if self._is_kept(line) else ():
                    row = account_row(f"{shard.input.number}:{offset}", document, self.people)
                    if row:
                        yield row

    def _is_kept(self, line: bytes) -> bool:
        """Whether a scan that keeps background requests keeps anything of a line."""
        options = {**scan_options(self.options), "keep_anonymous": True, "keep_background": True}
        return scan_text(self._tables, line, options, 1).rows > 0


def _kept(folder: MergedShard, dropped: Array) -> Array:
    """The rows of a shard folder that are written."""
    return np.flatnonzero(~dropped[folder.first_row : folder.first_row + folder.rows])


class _View:
    """The kept rows of a shard folder, in texts."""

    def __init__(self, folder: MergedShard, rows: Array, writer: _Writer) -> None:
        self._folder, self._writer = folder, writer
        columns = folder.result.columns("events", ("offset", "time", "user", "course", "type", "base", "panel", "module", "agent", "ip", "flags"))
        user = folder.column("user", columns)[rows]
        user = writer.alias[user] if len(writer.alias) else user
        self._users = writer.pseudonyms.take(user).to_pylist()
        self._course = folder.placed("course", columns)[rows].tolist()
        self._columns = {name: column[rows].tolist() for name, column in columns.items()}
        self.places = [(offset, bool(flags & _EXTRA)) for offset, flags in zip(self._columns["offset"], self._columns["flags"], strict=True)]
        strings = folder.result.columns("strings")
        self._texts = {name: strings[name].to_list() for name in ("type", "base", "panel", "agent", "ip")}
        self._modules: list[str] = folder.result.columns("modules", ("id",))["id"].to_list()

    def _text(self, name: str, number: int) -> str:
        code = self._columns[name][number]
        return self._texts[name][code] if code >= 0 else ""

    def event(self, number: int, document: dict[str, Any]) -> Event:
        """The event of a row, with its document."""
        columns, writer = self._columns, self._writer
        course, module, ip = self._course[number], columns["module"][number], self._text("ip", number)
        return Event(
            key=f"{self._folder.input}:{columns['offset'][number]}",
            load=str(self._folder.input),
            time=columns["time"][number],
            user=self._users[number],
            course=writer.courses[course] if course >= 0 else "",
            placed=columns["course"][number] < 0 <= course,
            type=_type(document, self._text("type", number)),
            page=self._page(number, document),
            module=self._modules[module] if module >= 0 else "",
            agent=self._text("agent", number),
            ip=ip,
            country=writer.countries.of(ip) or "",
            document=document,
        )

    def _page(self, number: int, document: dict[str, Any]) -> str:
        """The page that the line itself names, or, of a page request, asks for."""
        if self._columns["flags"][number] & _REQUEST:
            return without_persons(self._text("base", number))
        context = document.get("context")
        own = (document.get("page"), context.get("open_in_browser_url") if isinstance(context, dict) else None)
        if not any(isinstance(page, str) and page.strip() for page in own):
            return ""
        panel = self._text("panel", number)
        return without_persons(self._text("base", number) + (f"{panel}/" if panel else ""))


def _type(document: dict[str, Any], label: str) -> str:
    """The type of an event; of a path what the rules leave of it."""
    path = name_of(document)
    if not path.startswith("/"):
        return label
    if label.startswith("i4x_"):  # a request on a module: what it leads to must stay whole
        return without_persons(path.partition("?")[0].partition("#")[0].replace(";_", "/"))
    cleaned = (_core.clean_address(path.encode()) or b"").decode()
    local = "/" + cleaned.partition("://")[2].partition("/")[2]
    return without_persons(local if path.partition("?")[0].endswith("/") or local == "/" else local.removesuffix("/"))
