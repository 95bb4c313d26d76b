"""`--format duckdb`: one file, the tables of the other formats, keys and comments of the schema, and nothing left beside it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import duckdb
import pyarrow as pa
import pytest
from filled import filled, write_output

import moocdb_fast
from moocdb_fast import Options, translate
from moocdb_fast.engine import call
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks.duckdb import TYPES, DuckDbSink, grows
from moocdb_fast.tabular import empty_batch

COURSE = "course-v1:X+Y+Z"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """3,000 lines of 40 learners, not in the order of their times, with answers and clicks among them."""
    path = tmp_path_factory.mktemp("log") / "log.json"
    with path.open("w") as file:
        for n in range(3000):
            event = {
                "username": f"learner_{n % 40}",
                "time": f"2024-03-{1 + n * 7 % 28:02}T10:{n % 60:02}:{n % 59:02}+00:00",
                "event_source": "browser",
            }
            event["page"] = f"https://lms.example.org/courses/{COURSE}/courseware/u{n % 5}/s{n % 7}/"
            event |= {"event_type": "play_video", "event": {"id": f"v{n % 9}", "currentTime": n / 7}} if n % 3 == 0 else {"event_type": "seq_next"}
            if n % 11 == 0:
                payload = {"problem_id": f"block-v1:{COURSE[10:]}+type@problem+block@p{n % 13}", "answers": {f"p{n % 13}_2_1": f"answer {n}"}}
                event |= {"event_type": "problem_check", "event_source": "server", "event": payload}
            file.write(json.dumps(event) + "\n")
    return path


@pytest.fixture
def run(log, tmp_path):
    def run(out=tmp_path / "out", **options):
        return translate(log, out, Options(**({"workers": 1, "key_file": tmp_path / "key", "formats": ("duckdb",)} | options)))

    return run


def rows(path):
    """Every table of a file, in the order in which the rows stand."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in TABLES}


def test_the_folder_holds_one_database_file(run, tmp_path):
    run()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["moocdb.duckdb", "rejects.jsonl", "summary.json"]
    run(overwrite=True, formats=("csv", "duckdb"))
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".duckdb", ".csv", ".json", ".jsonl", ".sql"}
    run(overwrite=True, formats=("parquet",))
    assert not (tmp_path / "out" / "moocdb.duckdb").exists()


@pytest.mark.promise("P10")
@pytest.mark.parametrize("options", [{}, {"workers": 2, "shard_bytes": 100_000}])
def test_the_same_rows_in_the_same_order_as_in_parquet(run, tmp_path, options):
    summary = run(tmp_path / "both", formats=("parquet", "duckdb"), **options)
    found = rows(tmp_path / "both" / "moocdb.duckdb")
    assert {name: len(found[name]) for name in TABLES} == summary.tables
    assert len(found["observed_events"]) > 2000 and len(found["click_events"]) > 500 and len(found["submissions"]) > 200
    moocdb = moocdb_fast.open(tmp_path / "both")
    for name, table in found.items():
        assert table == [tuple(row.values()) for row in moocdb.table(name).to_pylist()]


def test_open_reads_it_with_the_types_of_the_schema(run, tmp_path):
    run()
    run(tmp_path / "csv", formats=("csv",))
    for name, table in TABLES.items():
        from_duckdb, from_csv = (moocdb_fast.open(tmp_path / folder).table(name) for folder in ("out", "csv"))
        assert from_duckdb.schema.equals(table.arrow())
        assert from_duckdb.equals(from_csv)


def test_names_types_and_keys_are_those_of_the_schema(run, tmp_path):
    run()
    with duckdb.connect(str(tmp_path / "out" / "moocdb.duckdb"), read_only=True) as connection:
        wanted = "table_name, column_name, data_type, is_nullable, column_default"
        columns = connection.execute(f"SELECT {wanted} FROM information_schema.columns ORDER BY table_name, ordinal_position").fetchall()
        wanted = "table_name, constraint_type, constraint_column_names, referenced_table"
        query = f"SELECT {wanted} FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL'"
        keys = {(table, kind, tuple(names), other) for table, kind, names, other in connection.execute(query).fetchall()}
    expected = [
        (t.name, c.name, TYPES[c.type], "YES" if c.null else "NO", None if c.default is None else str(c.default))
        for t in sorted(TABLES.values(), key=lambda t: t.name)
        for c in t.columns
    ]
    assert columns == expected
    assert {key for key in keys if key[1] == "PRIMARY KEY"} == {(t.name, "PRIMARY KEY", t.key, None) for t in TABLES.values()}
    assert {key for key in keys if key[1] == "UNIQUE"} == {(t.name, "UNIQUE", u, None) for t in TABLES.values() for u in t.unique}
    events = {"observed_events", "click_events", "submissions", "assessments", "collaborations", "feedbacks"}
    held = {(t.name, "FOREIGN KEY", (c.name,), c.references) for t in TABLES.values() for c in t.columns if c.references not in ("", t.name)}
    assert {key for key in keys if key[1] == "FOREIGN KEY"} == {key for key in held if key[0] not in events}
    assert {name for name, table in TABLES.items() if grows(table)} == events


def test_comments_tell_what_columns_hold_and_refer_to(run, tmp_path):
    run()
    with duckdb.connect(str(tmp_path / "out" / "moocdb.duckdb"), read_only=True) as connection:
        tables = dict(connection.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
        columns = {
            (table, name): text
            for table, name, text in connection.execute("SELECT table_name, column_name, comment FROM duckdb_columns()").fetchall()
        }
    assert tables == {name: table.doc for name, table in TABLES.items()}
    for name, table in TABLES.items():
        for column in table.columns:
            told = columns[name, column.name] or ""
            assert column.doc in told
            assert not column.references or told.endswith(f"refers to {column.references}")


def test_a_key_that_is_broken_is_no_output(tmp_path):
    made = filled()
    made["urls"][1] = made["urls"][0]
    with pytest.raises(duckdb.ConstraintException):
        write_output(tmp_path / "out", made, ("duckdb",))


def test_the_largest_tables_go_without_a_key(tmp_path):
    sink = DuckDbSink(tmp_path, tmp_path, keyed_rows=1)
    made = filled()
    for name, table in TABLES.items():
        columns = list(zip(*made[name], strict=True))
        sink.write(name, pa.record_batch([pa.array(c, t) for c, t in zip(columns, table.arrow().types, strict=True)], schema=table.arrow()))
        sink.write(name, empty_batch(name))
    sink.close()
    with duckdb.connect(str(tmp_path / "moocdb.duckdb"), read_only=True) as connection:
        keyed = {
            name for (name,) in connection.execute("SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'").fetchall()
        }
    assert keyed == {name for name, table in TABLES.items() if not grows(table)}
    assert rows(tmp_path / "moocdb.duckdb") == made


def test_a_log_of_another_program_is_never_applied_to_a_new_file(run, tmp_path):
    run()
    path = tmp_path / "out" / "moocdb.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET checkpoint_threshold = '1GB'; DELETE FROM os")
        connection.execute("DELETE FROM click_events")
        (tmp_path / "log").write_bytes((path.parent / "moocdb.duckdb.wal").read_bytes())
    (path.parent / "moocdb.duckdb.wal").write_bytes((tmp_path / "log").read_bytes())
    summary = run(overwrite=True)
    assert not (path.parent / "moocdb.duckdb.wal").exists()
    assert {name: len(table) for name, table in rows(path).items()} == summary.tables


def test_the_disk_it_takes_is_measured(run, log):
    summary = run()
    assert summary.run.peak_disk_bytes > 0
    assert summary.run.uncompressed_bytes == log.stat().st_size


# ---------------------------------------------------------------- faults


class Stop(Exception):
    pass


def test_a_signal_stops_a_call_and_is_not_lost():
    def stop(*_):
        raise Stop

    before = signal.signal(signal.SIGUSR1, stop)
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGUSR1))
    try:
        with duckdb.connect() as connection:
            timer.start()
            started = time.monotonic()
            with pytest.raises(Stop):
                call(connection, lambda: connection.execute("SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b").fetchall())
            assert time.monotonic() - started < 60
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, before)


def test_a_run_that_is_stopped_while_it_writes_leaves_nothing(log, tmp_path):
    """The signal comes while DuckDB works: the program in between sends it to itself."""
    program = """
import os, signal, sys
from moocdb_fast.cli import main
from moocdb_fast.sinks import duckdb
insert = duckdb.DuckDbSink._insert
def stopping(self, table, batch):
    insert(self, table, batch)
    if table == "click_events":
        os.kill(os.getpid(), signal.SIGTERM)
        insert(self, table, batch)
duckdb.DuckDbSink._insert = stopping
sys.exit(main(sys.argv[1:]))
"""
    command = [
        sys.executable,
        "-c",
        program,
        "run",
        str(log),
        "--out",
        str(tmp_path / "out"),
        "--format",
        "duckdb",
        "--key-file",
        str(tmp_path / "key"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 143, done.stderr
    assert "stopped by SIGTERM" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()


def test_a_file_that_may_not_grow_is_one_sentence(log, tmp_path):
    command = [sys.executable, "-m", "moocdb_fast", "run", str(log), "--out", str(tmp_path / "out"), "--format", "duckdb", "--quiet"]
    command += ["--key-file", str(tmp_path / "key"), "--workers", "1"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)),
    )
    assert done.returncode == 4, done.stderr
    assert "File too large" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
