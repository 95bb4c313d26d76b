"""Identities, on request, in the restricted folder only."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from .countries import most_frequent
from .plan import Plan
from .schema import USER_PII
from .sinks.csv import CsvSink


def write_identities(plan: Plan, folder: Path, keys: list[str]) -> None:
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
    sink = CsvSink(folder, {USER_PII.name: USER_PII})
    sink.write(USER_PII.name, pa.record_batch([pa.array(v, f.type) for v, f in zip(columns, schema, strict=True)], schema=schema))
    sink.close()
    (folder / f"{USER_PII.name}.csv").chmod(0o600)
