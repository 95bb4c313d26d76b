"""Reading a finished output from other programs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from .errors import InputError, UsageError, show
from .publish import DATABASE, SUMMARY
from .schema import TABLES


@dataclass(frozen=True)
class MoocDB:
    """A finished output folder, or one of the course folders of an output that was split."""

    path: Path
    home: Path  # where its summary.json lies

    @property
    def summary(self) -> dict[str, Any]:
        """summary.json; of a split output it is about all courses."""
        return _summary(self.home)

    @property
    def courses(self) -> list[str]:
        """Names of the course folders of a split output."""
        folders: list[str] = self.summary["run"]["folders"] if self.path == self.home else []
        return folders

    def table(self, name: str) -> pa.Table:
        """A table with the types of the schema, from Parquet if it is there, else from DuckDB, else from CSV. NULL is null; an empty
        text is an empty text."""
        if name not in TABLES:
            raise UsageError(f"there is no table {name!r}", f"tables are: {', '.join(TABLES)}")
        schema = TABLES[name].arrow()
        if (self.path / f"{name}.parquet").exists():
            import pyarrow.parquet as pq

            return pq.read_table(self.path / f"{name}.parquet").cast(schema)
        if (self.path / DATABASE).exists():
            from .querying import read

            return read(self.path, name).cast(schema)
        from pyarrow import csv

        path = self.path / f"{name}.csv"
        if not path.exists():
            hint = f"it was split: open one of {', '.join(self.courses)} in it" if self.courses else "translate again with --overwrite"
            raise InputError(f"{show(self.path)} has no table {name}", hint)
        convert = csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
        parse = csv.ParseOptions(newlines_in_values=True)
        read = csv.ReadOptions(block_size=max(1 << 20, min(path.stat().st_size, (1 << 31) - 1)))
        return csv.read_csv(path, read, parse_options=parse, convert_options=convert).cast(schema)

    def sql(self, statement: str, *, dialect: str | None = None) -> pa.Table:
        """The result of one query over the tables, whatever their format; they can only be read, and nothing else can be reached.

        `dialect` presents them as a published variant has them (see `python -m moocdb_fast views --help`).
        """
        from .querying import query

        return query(self.path, statement, dialect)


def open(path: str | os.PathLike[str]) -> MoocDB:
    """The output in folder `path`; an InputError when no run has finished there."""
    folder = Path(path)
    if (folder / SUMMARY).is_file():
        return MoocDB(folder, folder)
    home = folder.absolute().parent
    if (home / SUMMARY).is_file() and folder.absolute().name in _summary(home)["run"]["folders"]:
        return MoocDB(folder, home)
    raise InputError(f"{show(folder)} is no finished output: it has no {SUMMARY}", "translate a log first: python -m moocdb_fast run LOG --out DIR")


def rows_written(output: MoocDB) -> dict[str, int] | None:
    """Rows per table that the summary of an output tells; None when it is about several folders."""
    if output.path != output.home:
        return None
    summary = output.summary
    return None if summary["run"]["folders"] else dict(summary["tables"])


def _summary(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{show(folder / SUMMARY)} is damaged: it is no JSON", "translate the logs again with --overwrite") from error
    return content
