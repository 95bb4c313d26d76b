"""The rows of a finished output as lines of CSV, whatever its format."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import InputError, UsageError, cannot_read, show
from ..options import option_name
from ..publish import DATABASE
from ..reading import open as open_output
from ..reading import rows_written
from ..schema import TABLES, Table
from ..sinks.csv import Formatter, header

_CHUNK = 4 << 20
_BATCH = 50_000


@dataclass(frozen=True)
class Source:
    """An output folder. `written` are the rows per table that its summary tells; None when that is about several folders."""

    folder: Path
    written: dict[str, int] | None
    guarded: bool = False  # whether its CSV files have guards for spreadsheets, which are not for a database

    def lines(self, table: Table) -> Iterator[bytes]:
        """All rows of a table as CSV without its header, cut anywhere."""
        path = self._file(table)
        if path is None:
            return _duckdb(self.folder / DATABASE, table)
        return _csv(path, table) if path.suffix == ".csv" else _parquet(path, table)

    def size(self, table: Table) -> int:
        """Bytes of a table on the disk, as far as they can be told: to do the large ones first."""
        path = self._file(table)
        return (self.written or {}).get(table.name, 0) if path is None else path.stat().st_size

    def _file(self, table: Table) -> Path | None:
        """The file that is to be read for a table; None if there is none of its own."""
        paths = (self.folder / f"{table.name}.{suffix}" for suffix in (("parquet",) if self.guarded else ("csv", "parquet")))
        return next((path for path in paths if path.exists()), None)


def open_source(path: str | os.PathLike[str]) -> Source:
    """The output in a folder: one MOOCdb, so of an output that was split by course one of its folders."""
    output = open_output(path)
    if output.courses:
        some = ", ".join(show(output.path / name) for name in output.courses[:3]) + (" ..." if len(output.courses) > 3 else "")
        raise UsageError(f"{show(output.path)} was split by course: a database holds one of its folders", f"load one of {some}")
    source = Source(output.path, rows_written(output), bool(output.summary.get("options", {}).get(option_name("spreadsheet_safe"))))
    for table in TABLES.values():
        if source._file(table) is None and not (output.path / DATABASE).exists():
            if source.guarded:
                raise UsageError(
                    f"the CSV files in {show(output.path)} were written with --spreadsheet-safe, which changes texts",
                    "translate again without it, or with --format csv,parquet",
                )
            raise InputError(f"{show(output.path)} has no table {table.name}", "translate the logs again")
    return source


def _csv(path: Path, table: Table) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            if file.readline(_CHUNK) != header(table):
                raise InputError(f"{show(path)} does not have the columns of table {table.name}", "translate the logs again")
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise cannot_read(path, error) from error


def _parquet(path: Path, table: Table) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield from _formatted(file.iter_batches(_BATCH), table)
    except pa.ArrowInvalid as error:
        raise InputError(f"{show(path)} is no Parquet file of table {table.name}", "translate the logs again") from error
    except OSError as error:
        raise cannot_read(path, error) from error


def _duckdb(path: Path, table: Table) -> Iterator[bytes]:
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            yield from _formatted(connection.sql(f'SELECT * FROM "{table.name}"').to_arrow_reader(_BATCH), table)
    except duckdb.Error as error:
        raise InputError(f"table {table.name} of {show(path)} cannot be read", "close the program that writes to it, or translate again") from error


def _formatted(batches: Any, table: Table) -> Iterator[bytes]:
    formatter, schema = Formatter(), table.arrow()
    for batch in batches:
        if batch.num_rows:
            yield formatter.rows(batch.cast(schema))
