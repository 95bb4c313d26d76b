"""A folder of the nine tables as the source of a run: its events become lines of a log in the staging folder."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from ..errors import InputError, UsageError, cannot_read, show
from ..inputs import Input
from ..publish import Staging
from .dialects import Record, TableFile, Unreadable, find_table, is_ours
from .line import Group, Row, host_of, line_of
from .store import Store
from .tables import ANSWER, CORRECT_MAP, EVENT, EVENT_IP, FILES, TABLES

_JOINED = (ANSWER, CORRECT_MAP, EVENT_IP)
_MADE = "python -m moocdb_fast relations LOG --out DIR makes such a folder"
LIMIT = 64 << 20
"""Longest cell that is read."""


class RelationFolder:
    """The source."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.warnings: list[str] = []
        self._unread = dict.fromkeys(TABLES, 0)

    def find(self, out: Path) -> None:
        """Refuse what is no such folder, or would be replaced by the output."""
        try:
            if not self._folder.is_dir():
                self._folder.stat()
                raise InputError(f"{show(self._folder)} is no folder", _MADE)
        except OSError as error:
            raise cannot_read(self._folder, error) from error
        if find_table(self._folder, EVENT) is None:
            raise InputError(f"{show(self._folder)} holds no {FILES[EVENT]}", _MADE)
        if out.exists() and out.samefile(self._folder):
            raise UsageError(f"{show(out)} is what is read: the output would replace it", "choose another folder with --out")

    def files(self) -> dict[str, Path]:
        """The files that a run reads."""
        found = {name: find_table(self._folder, name) for name in (EVENT, *_JOINED)}
        return {name: path for name, path in found.items() if path is not None}

    def inputs(self, staging: Staging) -> list[Input]:
        """One log, in the staging folder."""
        files = self.files()
        ours = is_ours(TableFile(TABLES[EVENT], files[EVENT], True, LIMIT))
        tables = {name: TableFile(TABLES[name], path, ours, LIMIT) for name, path in files.items()}
        path, rows = staging.work / "relations.json", 0
        with Store(staging.work / "relations.db") as store, path.open("wb") as log:
            for name in _JOINED:
                if name in tables:
                    store.load(name, TABLES[name].names, self._readable(tables[name]))
            for line in _lines(tables[EVENT], store, "" if ours else _usual_host(tables[EVENT])):
                log.write(line + b"\n")
                rows += 1
        staging.measure()
        (staging.work / "relations.db").unlink()
        if not rows:
            raise InputError(f"there is nothing to read: {show(files[EVENT])} is empty", _MADE)
        passed = ((FILES[name], count) for name, count in self._unread.items() if count)
        self.warnings += [f"{name}: {count} rows have not the columns of the table and were passed over" for name, count in passed]
        name = self._folder.resolve().name or "relations"
        return [Input(path, name, 1, path.stat().st_size, "", show(self._folder))]

    def _readable(self, file: TableFile) -> Iterator[Sequence[str]]:
        for record in file.records():
            if isinstance(record, Unreadable):
                self._unread[file.table.name] += 1
            else:
                yield record


def _usual_host(file: TableFile) -> str:
    """The host that most pages of courses have; of equals the first in the alphabet. The published stage keeps none for requests."""
    page = file.table.names.index("page")
    pages = (record[page] for record in file.records() if not isinstance(record, Unreadable))
    hosts = Counter(host_of(address) for address in pages if "/courses/" in address)
    return min(hosts, key=lambda host: (-hosts[host], host), default="")


def _lines(file: TableFile, store: Store, host: str) -> Iterator[bytes]:
    """A line per event, and one that is none per row that cannot be read, so that it is counted as rejected."""
    names = file.table.names

    def key(record: Record) -> str | None:
        return None if isinstance(record, Unreadable) else record[1]

    for event, records in groupby(file.records(), key):
        if event is None:
            yield from (b"unreadable row" for _ in records)
            continue
        rows = [dict(zip(names, record, strict=True)) for record in records if not isinstance(record, Unreadable)]
        yield json.dumps(line_of(_group(rows, store, file.ours, host)), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _group(rows: list[dict[str, str]], store: Store, ours: bool, host: str) -> Group:
    """The rows of an event with what they refer to. A partner that is missing is missing."""
    ip = store.find(EVENT_IP, rows[0]["_id"])
    group = Group(rows, ours, ip[1] if ip else "", host)
    for row in rows:
        answer, mark = store.find(ANSWER, row["answer_fk"]), store.find(CORRECT_MAP, row["correctMap_fk"])
        if answer:
            group.answers.setdefault(answer[1], answer[2])
        if mark:
            found: Row = dict(zip(TABLES[CORRECT_MAP].names, mark, strict=True))
            group.marks.setdefault(mark[1], found)
    return group


def describe_tables(folder: Path) -> Iterable[tuple[str, int]]:
    """The files that a run would read, with their sizes."""
    source = RelationFolder(folder)
    source.find(Path())
    return [(path.name, path.stat().st_size) for path in source.files().values()]
