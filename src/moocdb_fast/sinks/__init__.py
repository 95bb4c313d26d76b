"""Arrow batches in, files out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pyarrow as pa

from .csv import CsvSink
from .parquet import ParquetSink


class Sink(Protocol):
    """Takes the batches of all tables, in any interleaving; each table gets at least one (maybe empty) batch."""

    def write(self, table: str, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None: ...


def open_sinks(formats: tuple[str, ...], folder: Path) -> list[Sink]:
    """One sink per format, writing to `folder`."""
    kinds: dict[str, type[CsvSink] | type[ParquetSink]] = {"csv": CsvSink, "parquet": ParquetSink}
    return [kinds[name](folder) for name in formats]
