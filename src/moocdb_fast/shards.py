"""What a shard leaves behind: a folder of Arrow files. Nothing about a shard lives only in a process.

events      one row per candidate or page_close line, dictionary-coded
parts       parts of submitting events, `row` counting events
clicks      player readings of video events, likewise
posts       collaborations and (type 0) the keys of submissions, likewise
replies     answers to questions, likewise
verdicts    marks for submissions of other events, likewise
facts       what events tell about users, likewise
payloads    the payload of each event, if it is to be kept
strings     the dictionaries, one record batch each, in the order of DICTIONARIES
bases, modules, types    what the kernel knows of each code
taught      platform id → user code
rejects     line (within the shard), offset, reason, start
shard.json  the input, the window, the counts
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

DICTIONARIES = ("user", "course", "type", "base", "panel", "place", "module", "agent", "ip", "format", "code", "key", "question")
TABLES = ("events", "parts", "clicks", "posts", "replies", "verdicts", "facts")
_EVENTS_DONE = "shard.json"
_FILES = frozenset(f"{name}.arrow" for name in (*TABLES, "payloads", "strings", "bases", "modules", "types", "taught", "rejects")) | {_EVENTS_DONE}

SHARD_FORMAT = 2
"""To be raised when the kernel or this module makes other shards of the same lines; shards of another format are never read."""


def text_array(offsets: Any, data: bytes, valid: Any = None) -> pa.LargeStringArray:
    """A large_string array over the kernel's offsets and bytes; `valid` (0/1 per row) marks what is not null."""
    mask = None if valid is None else pa.array(valid.astype(bool)).buffers()[1]
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data), mask)


def write_table(folder: Path, name: str, table: pa.Table) -> None:
    """Write `<name>.arrow`."""
    with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def read_table(folder: Path, name: str) -> pa.Table:
    """The table in `<name>.arrow`, mapped into memory."""
    with pa.memory_map(str(folder / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def _plain(columns: dict[str, Any]) -> pa.Table:
    return pa.table({k: text_array(*v) if isinstance(v, tuple) else pa.array(v) for k, v in columns.items()})


def write_shard(folder: Path, scanner: Any, about: dict[str, Any], *, payloads: bool = False) -> None:
    """Write what `scanner` holds to `folder`, which appears whole or not at all."""
    temporary = folder.with_name(f"{folder.name}.{os.getpid()}")
    temporary.mkdir()
    try:
        for name in (*TABLES, *(("payloads",) if payloads else ())):
            write_table(temporary, name, _plain(getattr(scanner, name)()))
        dictionaries = scanner.dictionaries()
        schema = pa.schema([("text", pa.large_string())])
        with pa.OSFile(str(temporary / "strings.arrow"), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for name in DICTIONARIES:
                writer.write_batch(pa.record_batch([text_array(*dictionaries[name])], schema=schema))
        attributes = scanner.attributes()
        text = pa.string()
        modules = {k: pa.array(v) if k == "course" else pa.array(v, text) for k, v in attributes["module"].items()}
        write_table(temporary, "modules", pa.table(modules))
        write_table(temporary, "bases", pa.table(attributes["base"]))
        write_table(temporary, "types", pa.table(attributes["type"]))
        taught = scanner.taught()
        write_table(
            temporary, "taught", pa.table({"user": pa.array([u for u, _ in taught], pa.int32()), "id": pa.array([i for _, i in taught], text)})
        )
        rejects = scanner.rejects()
        fields = (("line", pa.int64()), ("offset", pa.int64()), ("reason", text), ("start", pa.binary()))
        write_table(temporary, "rejects", pa.table({name: pa.array([r[k] for r in rejects], kind) for k, (name, kind) in enumerate(fields)}))
        about = {**about, "rows": scanner.rows, "rejects": len(rejects), "counts": scanner.counts()}
        (temporary / _EVENTS_DONE).write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)  # of a worker that was killed before it could say that it was done
        temporary.rename(folder)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


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

    def table(self, name: str) -> pa.Table:
        """One of the files, mapped into memory."""
        return read_table(self.folder, name)

    def columns(self, name: str, wanted: tuple[str, ...] | None = None) -> dict[str, np.ndarray[Any, Any]]:
        """Number columns of a file as arrays."""
        table = self.table(name)
        return {c: table.column(c).to_numpy() for c in (wanted or table.column_names)}

    def strings(self) -> dict[str, pa.RecordBatch]:
        """The dictionaries."""
        with pa.memory_map(str(self.folder / "strings.arrow")) as source:
            reader = pa.ipc.open_file(source)
            return {name: reader.get_batch(i) for i, name in enumerate(DICTIONARIES)}


def text_buffers(array: pa.LargeStringArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Offsets and bytes of a large_string array, as the kernel takes them."""
    _, offsets, data = array.buffers()
    n = len(array)
    start = array.offset
    ends = np.frombuffer(offsets, np.int64)[start : start + n + 1] if offsets is not None and offsets.size else np.zeros(1, np.int64)
    return ends, np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
