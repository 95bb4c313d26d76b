"""Identities and payloads, on request, in the restricted folder only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .countries import most_frequent
from .counts import Rows
from .links import Links
from .plan import Plan
from .rows import row_keys
from .schema import EVENT_PAYLOADS, USER_PII
from .sinks.csv import CsvSink
from .sinks.parquet import ParquetSink

Array = np.ndarray[Any, Any]


def write_identities(plan: Plan, folder: Path, keys: list[str], *, spreadsheet_safe: bool = False) -> None:
    """user_pii.csv in the restricted folder."""
    actors = plan.actors()
    addresses = plan.merged.texts("ip").to_pylist()
    rows = []
    for number, (code, actor, key) in enumerate(zip(plan.users.codes, actors, keys, strict=True), 1):
        kind, _, value = actor.partition(":")
        ip = most_frequent(plan.users.addresses.get(code), addresses)
        rows.append((number, key, value if kind == "n" else None, plan.merged.platform_ids.get(code, value if kind == "i" else None), ip))
    columns = list(zip(*rows, strict=True)) or [()] * len(USER_PII.columns)
    schema = USER_PII.arrow()
    sink = CsvSink(folder, {USER_PII.name: USER_PII}, spreadsheet_safe=spreadsheet_safe)
    sink.write(USER_PII.name, pa.record_batch([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema))
    sink.close()
    (folder / f"{USER_PII.name}.csv").chmod(0o600)


def made_rows(rows: Rows, links: Links) -> Array:
    """Which events made a row of any table."""
    made: Array = rows.observed.some() | rows.submissions.some() | rows.assessments.some()
    made[links.post_ordinals] = True
    made[links.reply_ordinals] = True
    return made


def write_payloads(plan: Plan, folder: Path, made: Array) -> None:
    """event_payloads.parquet in the restricted folder, in canonical order."""
    name = EVENT_PAYLOADS.name
    sink = ParquetSink(folder, {name: EVENT_PAYLOADS})
    schema = EVENT_PAYLOADS.arrow()
    sink.write(name, pa.RecordBatch.from_pylist([], schema))
    for shard in plan.merged.shards:
        chosen = np.flatnonzero(made[shard.first_row : shard.first_row + shard.rows])
        offsets = shard.result.columns("events", ("offset",))["offset"]
        keys = row_keys(np.full(len(chosen), shard.input), offsets[chosen])
        payloads = shard.result.columns("payloads")["payload"].take(chosen)
        for batch in pa.table([keys, payloads], schema=schema).to_batches(max_chunksize=1 << 16):
            sink.write(name, batch)
    sink.close()
    (folder / f"{name}.parquet").chmod(0o600)
