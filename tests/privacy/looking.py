"""Finds markers, plain hashes and secrets in whatever a run leaves: texts, Parquet and DuckDB files."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

_MARKERS = re.compile(
    r"zq(?:learner|mail|first|last)\w{4}x|7,?100,?\d{3},?\d0,?017|7100\d{4}0017|198\.1[89]\.\d+\.\d+|2001:0?db8(?::[0-9a-f]*)+|20010db8|5e550000[0-9a-f]*",
    re.IGNORECASE,
)
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_HEAD = 16  # characters of a hash that are enough to know it


def markers_in(content: bytes) -> set[str]:
    """What looks like a marker: everything personal of the log does, and nothing else."""
    return set(_MARKERS.findall(content.decode("utf-8", "replace")))


def hashes_of(names: Iterable[str]) -> set[str]:
    """The beginnings of plain hashes of names, in hexadecimal and base 64."""
    found = set()
    for name in names:
        for text in {name, name.lower(), f"n:{name}", f"i:{name}"}:
            for kind in _HASHES:
                digest = hashlib.new(kind, text.encode()).digest()
                found |= {digest.hex()[:_HEAD], base64.b64encode(digest).decode()[:_HEAD], base64.urlsafe_b64encode(digest).decode()[:_HEAD]}
    return found


def hashes_in(content: bytes, hashes: set[str]) -> set[str]:
    """Those of the hashes that stand in a text."""
    text = content.decode("utf-8", "replace")
    heads = {token[:_HEAD].lower() for token in re.findall(r"[0-9a-fA-F]{16,}", text)}
    heads |= {token[:_HEAD] for token in re.findall(r"[A-Za-z0-9+/_-]{16,}", text)}
    return heads & hashes


def contents(folder: Path) -> dict[str, bytes]:
    """What stands in every file below a folder, and the names of all; of packed formats also every cell."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[f"{name} (its name)"] = name.encode()
        if path.is_file():
            found[name] = path.read_bytes() + _cells(path)
    return found


def _cells(path: Path) -> bytes:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return repr([column.to_pylist() for column in table.columns]).encode() + repr(table.schema.metadata).encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
            return repr([connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables]).encode()
    return b""
