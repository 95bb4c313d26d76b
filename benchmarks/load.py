"""Measure the load into MariaDB or MySQL beside other ways: python benchmarks/load.py

Makes an output folder with synthetic observed events, starts a private server (its programs must be installed), and loads the same
rows in several ways, in rounds that alternate between them. Prints a Markdown table. What the figures mean: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "mysql"))

import numpy as np
import pyarrow as pa
from private_server import PrivateServer

from moocdb_fast import load
from moocdb_fast.database.filling import marked
from moocdb_fast.database.load import LoadProgress
from moocdb_fast.database.ordering import in_key_order
from moocdb_fast.database.session import Session
from moocdb_fast.database.source import open_source
from moocdb_fast.database.target import target_of
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks.csv import CsvSink
from moocdb_fast.sql import add_keys, create_table, load_data, moocdb_sql, quoted, quoted_list

EVENTS = TABLES["observed_events"]
_SEED = 1
_TYPES = ("url_change", "seq_next", "seq_goto", "play_video", "pause_video", "problem_check", "book", "edx.ui.lms.link_clicked")
_BATCH = 1_000
BARE = "bare LOAD DATA"
_INSERTED = 10  # INSERT gets this share of the rows: one in so many


def write_output(folder: Path, rows: int) -> None:
    """A finished output with so many observed events, in the order of users and times as `run` writes them."""
    dice = np.random.default_rng(_SEED)
    many = {"users": max(rows // 300, 1), "urls": 5_000, "resources": 8_000, "os": 12, "agent": 30, "observed_event_types": len(_TYPES)}
    user = np.sort(dice.integers(1, many["users"] + 1, rows))
    time_of = 1_362_000_000_000_000 + np.cumsum(dice.integers(1, 2_000_000, rows))
    # Everybody is there all the time: ids, which count in the order of the log, are spread over the users.
    ids = np.empty(rows, np.int64)
    ids[np.argsort(dice.random(rows))] = np.arange(1, rows + 1)
    order = np.lexsort((ids, user))
    user, ids = user[order], ids[order]
    kind = dice.integers(0, len(_TYPES), rows)
    some = dice.random(rows)
    texts = pa.DictionaryArray.from_arrays(pa.array(kind, pa.int32()), pa.array(_TYPES, pa.string()))
    columns = {
        "observed_event_id": ids,
        "user_id": user,
        "url_id": dice.integers(1, many["urls"] + 1, rows),
        "resource_id": pa.array(dice.integers(1, many["resources"] + 1, rows), pa.int32(), mask=some < 0.3),
        "observed_event_timestamp": pa.array(time_of[ids - 1], pa.timestamp("us")),
        "observed_event_duration": pa.array(dice.integers(0, 3_600, rows), pa.int32(), mask=some > 0.95),
        "observed_event_ip": pa.nulls(rows, pa.string()),
        "observed_event_os": dice.integers(1, many["os"] + 1, rows),
        "observed_event_agent": dice.integers(1, many["agent"] + 1, rows),
        "observed_event_type": texts,
        "observed_event_type_id": kind + 1,
        "observed_event_key": pa.array([f"1:{n}" for n in (ids * 611).tolist()], pa.string()),
        "validity": np.ones(rows, np.int8),
        "invalid_reason": pa.nulls(rows, pa.string()),
    }
    schema = EVENTS.arrow()
    arrays = [v if isinstance(v := columns[f.name], pa.DictionaryArray) else pa.array(v, f.type) for f in schema]
    sink = CsvSink(folder)
    counts = dict.fromkeys(TABLES, 0)
    for batch in pa.Table.from_arrays(arrays, names=schema.names).to_batches(100_000):
        sink.write(EVENTS.name, batch)
    counts[EVENTS.name] = rows
    for name, table in TABLES.items():
        if name != EVENTS.name:
            filled = _small(name, many.get(name, 0)) if not table.pinned else pa.Table.from_arrays(
                [pa.array(values, f.type) for values, f in zip(zip(*table.pinned, strict=True), table.arrow(), strict=True)], table.names
            )  # fmt: skip
            counts[name] = filled.num_rows
            for batch in filled.to_batches() or [pa.RecordBatch.from_pylist([], table.arrow())]:
                sink.write(name, batch)
    sink.close()
    (folder / "summary.json").write_text(json.dumps({"tables": counts, "run": {"folders": []}}))
    (folder / "moocdb.sql").write_text(moocdb_sql(database="client", rows=counts))


def _small(name: str, rows: int) -> pa.Table:
    """Rows that events refer to: their ids, and something in each column that needs it."""
    fill: dict[str, Callable[[int], Any]] = {"text": lambda n: f"{name} {n}", "timestamp": lambda _: None}
    table = TABLES[name]
    constant = {"resource_type_id": 1, "user_type_id": 4}
    made = [
        {c.name: n if c.name == table.key[0] else None if c.null else constant.get(c.name) or fill.get(c.type, lambda _: 0)(n) for c in table.columns}
        for n in range(1, rows + 1)
    ]
    return pa.Table.from_pylist(made, table.arrow())


@dataclass(frozen=True)
class Cost:
    """Seconds: by the clock, of the server's CPU, of the client's."""

    seconds: float
    server: float
    client: float


@dataclass
class Bench:
    """The server, the rows, and what was measured."""

    server: PrivateServer
    output: Path
    sorted_rows: Path  # in the order of the key, with marks for NULL: ready for LOAD DATA
    rows: int
    inserts: int
    measured: dict[str, list[Cost]] = field(default_factory=dict)

    def fresh(self, database: str) -> str:
        """A new database with an empty table of observed events and its primary key."""
        self.server.rows(f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        self.server.rows(f"USE {database}; {create_table(EVENTS)}")
        return database

    def now(self) -> Cost:
        """The clocks: time, CPU of the server, CPU of this program and of the clients it has run."""
        used = Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return Cost(time.monotonic(), (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK"), sum(os.times()[:4]))

    def note(self, name: str, began: Cost) -> None:
        now = self.now()
        cost = Cost(now.seconds - began.seconds, now.server - began.server, now.client - began.client)
        self.measured.setdefault(name, []).append(cost)
        print(
            f"  {name}: {cost.seconds:.1f} s, CPU {cost.server:.1f} s of the server, {cost.client:.1f} s of the client", file=sys.stderr, flush=True
        )

    def session(self, database: str) -> Session:
        session = Session(target_of(self.server.url(database), environ={}), files=self.output)
        session.run(f"USE {database}")
        return session


def ours(bench: Bench) -> None:
    """moocdb_fast.load of the whole output."""
    bench.server.rows("DROP DATABASE IF EXISTS ours")
    began, middle = bench.now(), []

    def watch(state: LoadProgress) -> None:
        if state.phase == "keys" and not middle:
            middle.append(state)
            bench.note("ours: rows", began)

    done = load(bench.output, bench.server.url("ours"), progress=watch)
    assert done.tables[EVENTS.name] == bench.rows
    bench.note("ours: rows, keys, checks, swap", began)


def bare(bench: Bench) -> None:
    """LOAD DATA of rows that are sorted already, through the connector; then the keys that ours makes too."""
    database = bench.fresh("bare")
    with bench.session(database) as session:
        began = bench.now()
        assert session.run(load_data(EVENTS, str(bench.sorted_rows), EVENTS.name)) == bench.rows
        bench.note(BARE, began)
        session.run(add_keys(EVENTS))
        bench.note("bare LOAD DATA, then keys", began)


def client(bench: Bench) -> None:
    """The same statement through the mysql client."""
    database = bench.fresh("bare")
    began = bench.now()
    bench.server.rows(f"USE {database}; {load_data(EVENTS, str(bench.sorted_rows), EVENTS.name)}; SELECT 1")
    bench.note("mysql client, LOAD DATA", began)


def script(bench: Bench) -> None:
    """moocdb.sql through the mysql client."""
    bench.server.rows("DROP DATABASE IF EXISTS client")
    began = bench.now()
    done = bench.server.run((bench.output / "moocdb.sql").read_text(), cwd=bench.output)
    assert done.returncode == 0, done.stderr
    bench.note("mysql client, moocdb.sql", began)


def inserts(bench: Bench) -> None:
    """Batches of 1,000: as ready-made statements for the mysql client, and with executemany, as programs do it."""
    database = bench.fresh("bare")
    head = f"INSERT INTO {quoted(EVENTS.name)} ({quoted_list(EVENTS.names)}) VALUES "
    with bench.sorted_rows.open(encoding="utf-8") as file:
        rows = [line.rstrip("\n").split(",") for line in islice(file, bench.inserts)]
    cells = [[None if cell == "NULL" else cell for cell in row] for row in rows]
    ready = [head + ",".join("(" + ",".join("NULL" if c is None else f"'{c}'" for c in row) + ")" for row in batch) for batch in batches(cells)]
    text = f"USE {database};\n" + ";\n".join(ready) + ";\nSELECT 1"
    began = bench.now()
    bench.server.rows(text)
    bench.note("INSERT of 1,000 rows, mysql client", began)
    database = bench.fresh("bare")
    with bench.server.connect(database) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        statement = head + "(" + ", ".join(["%s"] * len(EVENTS.columns)) + ")"
        began = bench.now()
        for batch in batches(cells):
            cursor.executemany(statement, [tuple(row) for row in batch])
        bench.note("INSERT of 1,000 rows, executemany", began)


WAYS = {"bare": bare, "ours": ours, "client": client, "script": script, "inserts": inserts}


def batches(rows: list[Any]) -> list[list[Any]]:
    """Rows in batches."""
    return [rows[first : first + _BATCH] for first in range(0, len(rows), _BATCH)]


def table(bench: Bench) -> str:
    """Medians, rates, and each rate as a share of that of the bare statement."""
    lines = [
        f"{bench.rows:,} rows ({bench.inserts:,} for INSERT), median of {len(bench.measured[BARE])} rounds, "
        f"{bench.server.rows('SELECT VERSION()')[0][0]}, {' '.join(bench.server.options)}\n",
        "| what | s | min to max | rows/s | of bare | server CPU s | rows per server CPU s | of bare | client CPU s |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    bare = _rates(bench, BARE)
    for name, costs in bench.measured.items():
        seconds, server, client = (statistics.median(values) for values in zip(*map(astuple, costs), strict=True))
        spread = f"{min(c.seconds for c in costs):.1f} to {max(c.seconds for c in costs):.1f}"
        rate, thrift = _rates(bench, name)
        shares = f"{rate:,.0f} | {rate / bare[0]:.0%} | {server:.1f} | {thrift:,.0f} | {thrift / bare[1]:.0%}"
        lines.append(f"| {name} | {seconds:.1f} | {spread} | {shares} | {client:.1f} |")
    return "\n".join(lines)


def _rates(bench: Bench, name: str) -> tuple[float, float]:
    """Rows per second, and per CPU second of the server."""
    rows = bench.inserts if name.startswith("INSERT") else bench.rows
    costs = bench.measured[name]
    return rows / statistics.median(c.seconds for c in costs), rows / max(statistics.median(c.server for c in costs), 0.01)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--buffer-pool", default="1G", help="innodb_buffer_pool_size of the server")
    parser.add_argument("--only", default=",".join(WAYS), help=f"some of these ways, with commas between; bare is always one: {', '.join(WAYS)}")
    args = parser.parse_args()
    ways = [way for way in WAYS if way == "bare" or way in args.only.split(",")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # by way of the `finally` below: the server must not stay
    with tempfile.TemporaryDirectory(prefix="mb-") as folder:
        root = Path(folder)
        (root / "server").mkdir()
        (root / "out").mkdir()
        server = PrivateServer(root / "server", (f"--innodb-buffer-pool-size={args.buffer_pool}",)).start()
        try:
            write_output(root / "out", args.rows)
            ready = root / "out" / "sorted"
            with ready.open("wb") as file:
                file.writelines(marked(piece, b"NULL") for piece in in_key_order(open_source(root / "out").lines(EVENTS)))
            bench = Bench(server, root / "out", ready, args.rows, max(args.rows // _INSERTED, _BATCH))
            for number in range(args.rounds):
                print(f"round {number + 1}", file=sys.stderr)
                for way in ways:
                    WAYS[way](bench)
            print(table(bench))
            print(f"disk left: {shutil.disk_usage(root).free:,} bytes", file=sys.stderr)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
