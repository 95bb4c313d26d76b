"""What rows refer to: tables on disk, looked up by their first column. Memory does not grow with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_CACHE_KIB = 64 * 1024


class Store:
    """A database for the time of a run."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", f"cache_size=-{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {setting}")
        self._queries: dict[str, str] = {}

    def load(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Take in a table."""
        names = ", ".join(f'"{column}"' for column in columns)
        self._database.execute(f'CREATE TABLE "{name}" ({names})')
        marks = ", ".join("?" * len(columns))
        self._database.execute("BEGIN")
        self._database.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
        self._database.execute("COMMIT")
        self._database.execute(f'CREATE INDEX "{name}-key" ON "{name}" ("{columns[0]}")')
        self._queries[name] = f'SELECT * FROM "{name}" WHERE "{columns[0]}" = ? LIMIT 1'

    def find(self, name: str, key: str) -> tuple[str, ...] | None:
        """The first row with that key."""
        query = self._queries.get(name)
        found: tuple[str, ...] | None = self._database.execute(query, (key,)).fetchone() if key and query else None
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
