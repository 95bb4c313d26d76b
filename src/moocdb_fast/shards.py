"""What a shard leaves behind: a folder. Nothing about a shard lives only in a process.

`columns` holds tables of columns (see columns.py):

events      one row per candidate or page_close line, dictionary-coded
parts       parts of submitting events, `row` counting events
clicks      player readings of video events, likewise
posts       collaborations and (type 0) the keys of submissions, likewise
replies     answers to questions, likewise
verdicts    marks for submissions of other events, likewise
facts       what events tell about users, likewise
payloads    the payload of each event, if it is to be kept
strings     the dictionaries
bases, modules, types    what the kernel knows of each code
taught      platform id → user code
rejects     line (within the shard), offset, reason, start

`shard.json` holds the input, the window and the counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .columns import Text, load_table, load_tables, save_tables

DICTIONARIES = ("user", "course", "type", "base", "panel", "place", "module", "agent", "ip", "format", "code", "key", "question")
TABLES = ("events", "parts", "clicks", "posts", "replies", "verdicts", "facts")
_COLUMNS, _EVENTS_DONE = "columns", "shard.json"
_FILES = frozenset((_COLUMNS, _EVENTS_DONE))

SHARD_FORMAT = 2
"""To be raised when the kernel or this module makes other shards of the same lines; shards of another format are never read."""


def write_shard(folder: Path, scanner: Any, about: dict[str, Any], *, payloads: bool = False) -> None:
    """Write what `scanner` holds to `folder`, which appears whole or not at all."""
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}")
    temporary.mkdir()
    try:
        rejects = scanner.rejects()
        tables = {name: getattr(scanner, name)() for name in (*TABLES, *(("payloads",) if payloads else ()))}
        save_tables(temporary / _COLUMNS, tables | _known(scanner, rejects))
        about = {**about, "rows": scanner.rows, "rejects": len(rejects), "counts": scanner.counts()}
        (temporary / _EVENTS_DONE).write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # of a worker that was killed before it could say that it was done
        temporary.rename(folder)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


def _known(scanner: Any, rejects: list[Any]) -> dict[str, dict[str, Any]]:
    """The tables that are not about events."""
    attributes, taught = scanner.attributes(), scanner.taught()
    line, offset, reason, start = zip(*rejects, strict=True) if rejects else ((), (), (), ())
    return {
        "strings": scanner.dictionaries(),
        "modules": {name: column if name == "course" else Text.of(column) for name, column in attributes["module"].items()},
        "bases": attributes["base"],
        "types": attributes["type"],
        "taught": {"user": np.array([user for user, _ in taught], np.int32), "id": Text.of(name for _, name in taught)},
        "rejects": {"line": np.array(line, np.int64), "offset": np.array(offset, np.int64), "reason": Text.of(reason), "start": Text.of(start)},
    }


@cache
def shard_format() -> str:
    """Names what makes shards: the format, the release and the declarations of event types."""
    from importlib import metadata

    from .events.compiled import compile_tables

    declared = hashlib.sha256(repr(compile_tables()).encode()).hexdigest()[:16]
    return f"{SHARD_FORMAT} {metadata.version('moocdb_fast')} {declared}"


def scanned_files(folder: Path) -> dict[str, int]:
    """The files that the scan wrote to a shard folder, with their sizes; merging and placing add others."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name in _FILES}


@dataclass(frozen=True)
class ShardResult:
    """A shard folder, opened."""

    folder: Path

    @cached_property
    def about(self) -> dict[str, Any]:
        """shard.json."""
        about: dict[str, Any] = json.loads((self.folder / _EVENTS_DONE).read_text(encoding="utf-8"))
        return about

    def columns(self, name: str, wanted: Iterable[str] | None = None) -> dict[str, Any]:
        """Columns of a table, all or those that are wanted: arrays and texts, mapped into memory."""
        return load_table(self.folder / _COLUMNS, name, wanted)

    def tables(self, *names: str) -> dict[str, dict[str, Any]]:
        """Whole tables, mapped into memory at once."""
        return load_tables(self.folder / _COLUMNS, names)

    def rejects(self) -> list[dict[str, Any]]:
        """The rows of the table of that name."""
        if not self.about["rejects"]:
            return []
        columns = self.columns("rejects")
        start = columns["start"]
        starts = [bytes(start.data[a:b]) for a, b in pairwise(start.ends.tolist())]
        rows = zip(columns["line"].tolist(), columns["offset"].tolist(), columns["reason"].to_list(), starts, strict=True)
        return [dict(zip(("line", "offset", "reason", "start"), row, strict=True)) for row in rows]


def text_buffers(array: pa.LargeStringArray | pa.StringArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Offsets and bytes of a string array, as the kernel takes them."""
    _, offsets, data = array.buffers()
    kind = np.int64 if array.type == pa.large_string() else np.int32
    ends = np.frombuffer(offsets, kind)[array.offset : array.offset + len(array) + 1] if offsets is not None and offsets.size else np.zeros(1, kind)
    return ends.astype(np.int64, copy=False), np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
