"""Awkward texts come back from every format as they went in."""

from __future__ import annotations

import duckdb
import pyarrow.parquet as pq
import pytest
import torture

import moocdb_fast
from moocdb_fast import Options, translate
from moocdb_fast.cli import main
from moocdb_fast.schema import TABLES

FORMATS = ("csv", "parquet", "duckdb")
BLANK = "".join(map(chr, range(0x21)))


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The same log in each format, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("torture")
    log = torture.write_log(folder)
    for name in FORMATS:
        summary = translate(log, folder / name, Options(formats=(name,), workers=1, key_file=folder / "key"))
        assert summary.events == 2 * len(torture.TEXTS)
    return folder


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", FORMATS)
def test_texts_come_back(outputs, name):
    """Answers as they are; messages and video codes without those that are blank, and codes cut to their 255 characters."""
    moocdb = moocdb_fast.open(outputs / name)

    def texts(column, table, key):
        from_sql = moocdb.sql(f"SELECT {column} FROM {table} ORDER BY {key}")[column].to_pylist()
        assert moocdb.table(table).sort_by(key)[column].to_pylist() == from_sql
        return from_sql

    spoken = [answer if text and text.strip(BLANK) else None for text, answer in zip(torture.TEXTS, torture.ANSWERS, strict=True)]
    assert texts("submission_answer", "submissions", "submission_id") == torture.ANSWERS
    assert texts("assessment_feedback", "assessments", "assessment_id") == spoken
    assert texts("code", "click_events", "observed_event_id") == [text and text[:255] for text in spoken]


@pytest.mark.promise("P26")
@pytest.mark.parametrize("table", TABLES)
def test_every_format_holds_the_same_bytes(outputs, table):
    """Read by three libraries, and once more by each format's way into SQL."""
    schema = TABLES[table].arrow()
    expected = pq.read_table(outputs / "parquet" / f"{table}.parquet").cast(schema)
    assert moocdb_fast.open(outputs / "csv").table(table).equals(expected)
    with duckdb.connect(str(outputs / "duckdb" / "moocdb.duckdb"), read_only=True) as connection:
        assert connection.sql(f'SELECT * FROM "{table}"').to_arrow_table().cast(schema).equals(expected)
    for name in FORMATS:
        assert moocdb_fast.open(outputs / name).sql(f"SELECT * FROM {table}").cast(schema).equals(expected)


@pytest.mark.parametrize("name", FORMATS)
def test_all_rules_hold(outputs, name):
    assert [f for f in moocdb_fast.check(outputs / name) if not f.ok] == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_query_printed_as_csv_is_the_file(outputs, name, capfdbinary):
    for table in ("submissions", "click_events", "assessments", "urls"):
        assert main(["sql", f"select * from {table}", "--db", str(outputs / name), "--output", "csv"]) == 0
        assert capfdbinary.readouterr().out == (outputs / "csv" / f"{table}.csv").read_bytes()
