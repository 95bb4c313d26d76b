"""Outputs made by hand: rows for any table, and a folder that holds them as a run would have written them. Synthetic."""

import datetime
import json

import pyarrow as pa

from moocdb_fast.publish import REJECTS, SUMMARY
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks import open_sinks

TIME = datetime.datetime(2013, 3, 5, 10, 15, 0, 250000)


def rows_of(table):
    """Two rows (of a pinned table all), in which no cell is NULL and every reference leads to the row of the same number."""
    if table.pinned:
        return [tuple(row) for row in table.pinned]
    return [tuple(_cell(column, table, number) for column in table.columns) for number in (1, 2)]


def _cell(column, table, number):
    if column.references:
        pinned = TABLES[column.references].pinned
        return pinned[number][0] if pinned else number
    if column.name == table.key[0]:
        return number
    if column.type == "timestamp":
        return TIME + datetime.timedelta(seconds=number)
    if column.type == "text":
        return f"{column.name[: column.size - 1] if column.size else column.name}{number}"
    value = 1 if column.most is not None or column.type == "tinyint" else number
    return float(value) if column.type == "double" else value


def filled():
    """Table → rows, for all tables."""
    return {name: rows_of(table) for name, table in TABLES.items()}


def write_output(folder, rows, formats=("csv",)):
    """The output folder of these rows, as a finished run leaves it. A row is a tuple of all cells, or a dictionary of some."""
    folder.mkdir(parents=True)
    sinks = open_sinks(formats, folder, folder.parent)
    for name, table in TABLES.items():
        given = [row if isinstance(row, dict) else dict(zip(table.names, row, strict=True)) for row in rows.get(name, table.pinned)]
        made = [{c.name: row.get(c.name, c.default) for c in table.columns} for row in given]
        batch = pa.RecordBatch.from_pylist(made, table.arrow())
        for sink in sinks:
            sink.write(name, batch)
    for sink in sinks:
        sink.close()
    (folder / REJECTS).write_text("")
    counts = {key: 0 for key in ("lines_read", "events", "filtered", "rejected", "salvaged")}
    reasons = {f"{key}_by_reason": {} for key in ("filtered", "rejected", "salvaged")}
    tables = {name: len(rows.get(name, table.pinned)) for name, table in TABLES.items()}
    (folder / SUMMARY).write_text(json.dumps({**counts, **reasons, "inputs": [], "tables": tables, "run": {"folders": []}}))
    return folder
