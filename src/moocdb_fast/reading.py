"""Reading a finished output from other programs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from .errors import InputError, UsageError, show
from .publish import SUMMARY
from .schema import TABLES


@dataclass(frozen=True)
class MoocDB:
    """A finished output folder."""

    path: Path

    @property
    def summary(self) -> dict[str, Any]:
        """summary.json."""
        content: dict[str, Any] = json.loads((self.path / SUMMARY).read_text(encoding="utf-8"))
        return content

    def table(self, name: str) -> pa.Table:
        """A table with the types of the schema, from Parquet if it is there, else from CSV. NULL is null; an empty text is an empty text."""
        if name not in TABLES:
            raise UsageError(f"there is no table {name!r}", f"tables are: {', '.join(TABLES)}")
        schema = TABLES[name].arrow()
        if (self.path / f"{name}.parquet").exists():
            import pyarrow.parquet as pq

            return pq.read_table(self.path / f"{name}.parquet").cast(schema)
        from pyarrow import csv

        path = self.path / f"{name}.csv"
        if not path.exists():
            raise InputError(f"{show(self.path)} has no table {name}", "translate with --format csv or parquet first")
        convert = csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
        parse = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(path, parse_options=parse, convert_options=convert).cast(schema)


def open(path: str | os.PathLike[str]) -> MoocDB:
    """The output in folder `path`; an InputError when no run has finished there."""
    folder = Path(path)
    if not (folder / SUMMARY).is_file():
        raise InputError(
            f"{show(folder)} is no finished output: it has no {SUMMARY}", "translate a log first: python -m moocdb_fast run LOG --out DIR"
        )
    return MoocDB(folder)
