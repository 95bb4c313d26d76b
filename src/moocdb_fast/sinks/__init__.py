"""Arrow batches in, files out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa


class Sink(Protocol):
    """Takes the batches of all tables, in any interleaving; each table gets at least one (maybe empty) batch."""

    side_by_side: bool
    """Whether threads may write to different tables at the same time."""

    def write(self, table: str, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


def open_sinks(formats: tuple[str, ...], folder: Path, work: Path, *, spreadsheet_safe: bool = False) -> list[Sink]:
    """One sink per format, writing to `folder`; what is only for the time being goes to `work`."""
    return [_open(name, folder, work, spreadsheet_safe) for name in formats]


def _open(name: str, folder: Path, work: Path, spreadsheet_safe: bool) -> Sink:
    if name == "duckdb":
        from .duckdb import DuckDbSink

        return DuckDbSink(folder, work)
    if name == "parquet":
        from .parquet import ParquetSink

        return ParquetSink(folder)
    from .csv import CsvSink

    return CsvSink(folder, spreadsheet_safe=spreadsheet_safe)
