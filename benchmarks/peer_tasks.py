"""One task per peer, run in a process of its own: python benchmarks/peer_tasks.py TASK LOG OUT

Each task imports only what it needs, so that start-up and memory are its own. It prints how many lines or rows it made.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIELDS = ("username", "name", "event_type", "event_source", "time", "ip", "agent", "host", "session", "page", "referer", "accept_language")
_WINDOW = 4 << 20
_LONGEST_LINE = 64 << 20


def start(log: str, out: str) -> int:
    """Nothing: what starting Python costs in each of the other figures."""
    return 0


def kernel(log: str, out: str) -> int:
    """Import our compiled kernel: what V costs before it parses."""
    import moocdb_fast._core  # noqa: F401

    return 0


def newlines(log: str, out: str) -> int:
    """Read the file and count its lines."""
    found = 0
    buffer = bytearray(_WINDOW)
    with Path(log).open("rb", buffering=0) as file:
        while got := file.readinto(buffer):
            found += buffer.count(b"\n", 0, got)
    return found


def simdjson(log: str, out: str) -> int:
    """V: simdjson's DOM parser over one line at a time, nothing else; it validates every byte."""
    from moocdb_fast._core import PADDING, validate_lines

    good: int = 0
    kept = 0
    buffer = bytearray(_WINDOW + PADDING)
    with Path(log).open("rb", buffering=0) as file:
        while True:
            if len(buffer) - PADDING - kept < _WINDOW // 2:
                buffer.extend(bytes(len(buffer)))
            got = file.readinto(memoryview(buffer)[kept : len(buffer) - PADDING])
            end = kept + got
            cut = end if not got else buffer.rfind(b"\n", kept, end) + 1
            good += validate_lines(memoryview(buffer)[: cut + PADDING])
            if not got:
                return good
            kept = end - cut
            buffer[:kept] = buffer[cut:end]


def duckdb(log: str, out: str) -> int:
    """D: DuckDB with the schema given, envelope fields to Parquet, one thread."""
    import duckdb

    columns = dict.fromkeys(FIELDS, "VARCHAR") | {"event": "JSON", "context": "JSON"}
    names = ", ".join((*FIELDS, "event", "context"))
    schema = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    source = f"read_json('{log}', format = 'newline_delimited', columns = {{{schema}}}, ignore_errors = true, maximum_object_size = {_LONGEST_LINE})"
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(f"COPY (SELECT {names} FROM {source}) TO '{out}/duckdb.parquet' (FORMAT parquet)")
    row = connection.execute(f"SELECT count(*) FROM '{out}/duckdb.parquet'").fetchone()
    assert row is not None
    return int(row[0])


def polars(log: str, out: str) -> int:
    """P: polars with the schema given, envelope fields to Parquet; the caller sets one thread."""
    import polars

    context = polars.Struct({"course_id": polars.String, "user_id": polars.Int64, "path": polars.String})
    schema = dict.fromkeys((*FIELDS, "event"), polars.String) | {"context": context}
    polars.scan_ndjson(log, schema=schema, ignore_errors=True).sink_parquet(f"{out}/polars.parquet")
    return int(polars.scan_parquet(f"{out}/polars.parquet").select(polars.len()).collect().item())


def _loop(log: str, decode: Callable[[bytes], object], *errors: type[Exception]) -> int:
    """Decode line after line; lines that fail in one of these ways are passed over."""
    good = 0
    with Path(log).open("rb") as file:
        for line in file:
            try:
                decode(line)
            except errors:
                continue
            good += 1
    return good


def python_json(log: str, out: str) -> int:
    """The standard library, line by line."""
    return _loop(log, json.loads, ValueError)


def orjson(log: str, out: str) -> int:
    """orjson, line by line, to Python objects."""
    import orjson

    return _loop(log, orjson.loads, orjson.JSONDecodeError)


def pysimdjson(log: str, out: str) -> int:
    """pysimdjson, line by line, one parser, three fields taken."""
    import simdjson

    parser = simdjson.Parser()

    def decode(line: bytes) -> object:
        document: Any = parser.parse(line)
        return document.get("username"), document.get("event_type"), document.get("time")

    return _loop(log, decode, ValueError, AttributeError)  # of a line that is no object


def msgspec(log: str, out: str) -> int:
    """msgspec, line by line, to a typed envelope; `event` and `context` stay raw."""
    import msgspec

    fields = [(name, str | None, None) for name in FIELDS] + [("event", msgspec.Raw, msgspec.Raw()), ("context", msgspec.Raw, msgspec.Raw())]
    envelope = msgspec.defstruct("Envelope", fields)
    return _loop(log, msgspec.json.Decoder(envelope).decode, msgspec.DecodeError, UnicodeDecodeError)


TASKS = {
    task.__name__: task for task in (start, kernel, newlines, simdjson, duckdb, polars, python_json, orjson, pysimdjson, msgspec)
}  # fmt: skip

if __name__ == "__main__":
    name, log_file, out_folder = sys.argv[1:]
    print(TASKS[name](log_file, out_folder))
