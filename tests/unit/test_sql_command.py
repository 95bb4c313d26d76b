"""SQL over an output: exact values from every format, no way to change anything or to reach anything else, errors with their place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading

import pyarrow as pa
import pytest
from filled import TIME, filled, write_output

import moocdb_fast
from moocdb_fast.cli import main
from moocdb_fast.errors import InputError, QueryError
from moocdb_fast.schema import TABLES

FORMATS = ("csv", "parquet", "duckdb")
SECRET = "what nobody may see"


@pytest.fixture(scope="module", params=FORMATS)
def out(request, tmp_path_factory):
    """An output of one format, with an empty text and a NULL among the answers."""
    rows = filled()
    rows["answers"] = [(1, ""), (2, None), (3, "NULL"), (4, 'say "hi",\nthen go')]
    folder = tmp_path_factory.mktemp("sql")
    (folder / "secret.csv").write_text(f"a\n{SECRET}\n")
    return write_output(folder / "out", rows, (request.param,))


def prints(capsys, *arguments):
    assert main(["sql", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def fingerprints(folder):
    return {path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in folder.iterdir()}


# ---------------------------------------------------------------- results


def test_types_are_those_of_the_schema(out):
    moocdb = moocdb_fast.open(out)
    for name, table in TABLES.items():
        assert moocdb.sql(f'SELECT * FROM "{name}"').schema.types == table.arrow().types


def test_an_empty_text_is_no_null(out):
    result = moocdb_fast.open(out).sql("SELECT answer_id, answer_content, answer_content IS NULL AS nothing FROM answers ORDER BY 1")
    assert isinstance(result, pa.Table)
    assert result["answer_content"].to_pylist() == ["", None, "NULL", 'say "hi",\nthen go']
    assert result["nothing"].to_pylist() == [False, True, False, False]


def test_joins_and_aggregates(out):
    query = """
        WITH clicks AS (SELECT observed_event_id, count(*) AS n FROM click_events GROUP BY ALL)
        SELECT e.observed_event_timestamp AS t, r.resource_uri, n
        FROM observed_events e JOIN clicks USING (observed_event_id) LEFT JOIN resources r USING (resource_id) ORDER BY t
    """
    rows = moocdb_fast.open(out).sql(query).to_pylist()
    assert [(row["t"].second, row["resource_uri"], row["n"]) for row in rows] == [(TIME.second + n, f"resource_uri{n}", 1) for n in (1, 2)]


@pytest.mark.parametrize(
    "query", ["DESCRIBE users", "SHOW TABLES", "FROM users", "VALUES (1), (2)", "select 1;", "-- a remark\nselect 1 -- and another"]
)
def test_other_ways_to_ask(out, query):
    assert moocdb_fast.open(out).sql(query).num_rows > 0


def test_the_folder_of_a_course(tmp_path):
    event = {"username": "a", "time": "2024-03-05T10:00:00+00:00", "event_type": "seq_next", "page": "https://x.org/courses/X/Y/Z/courseware/u/s/"}
    (tmp_path / "log.json").write_text(json.dumps(event | {"event_source": "browser"}) + "\n")
    for name in FORMATS:
        options = moocdb_fast.Options(split_by_course=True, workers=1, key_file=tmp_path / "key", formats=(name,))
        moocdb_fast.translate(tmp_path / "log.json", tmp_path / name, options)
        moocdb = moocdb_fast.open(tmp_path / name / "X%2FY%2FZ")
        assert moocdb.sql("SELECT count(*) AS n FROM observed_events").to_pylist() == [{"n": 1}]
        with pytest.raises(InputError, match="has no table") as caught:
            moocdb_fast.open(tmp_path / name).sql("SELECT 1")
        assert "folder of a course" in caught.value.hint


# ---------------------------------------------------------------- limits


@pytest.mark.promise("P27")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users",
        "DROP TABLE users",
        "CREATE TABLE mine AS SELECT * FROM users",
        "INSERT INTO os VALUES (9, 'x')",
        "UPDATE os SET os_name = 'x'",
        "COPY users TO '{out}/users.csv'",
        "COPY (SELECT 1) TO '{folder}/made.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/made.csv'",
        "EXPORT DATABASE '{folder}/made'",
        "ATTACH '{folder}/made.duckdb'",
        "DETACH moocdb",
        "USE memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET threads = 1",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "CALL force_checkpoint()",
        "CHECKPOINT",
        "BEGIN",
        "PREPARE q AS SELECT 1",
        "SELECT 1; DROP TABLE users",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM read_json('{out}/summary.json')",
        "SELECT * FROM sniff_csv('{folder}/secret.csv')",
        "SELECT * FROM parquet_schema('{folder}/secret.csv')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM query('SELECT * FROM read_text(''{folder}/secret.csv'')')",
        "SELECT * FROM query_table('{folder}/secret.csv')",
        "SELECT getenv('HOME')",
        "WITH made AS (COPY (SELECT 1) TO '{folder}/made.csv') SELECT 1",
        "SELECT * FROM variable_of_the_caller",
    ],
)
def test_nothing_can_be_changed_and_nothing_else_reached(out, statement):
    variable_of_the_caller = pa.table({"a": [SECRET]})  # noqa: F841 - DuckDB would find it by its name
    before, beside = fingerprints(out), sorted(path.name for path in out.parent.iterdir())
    with pytest.raises(QueryError) as caught:
        moocdb_fast.open(out).sql(statement.format(out=out, folder=out.parent))
    assert SECRET not in str(caught.value) + caught.value.hint
    assert fingerprints(out) == before
    assert sorted(path.name for path in out.parent.iterdir()) == beside


def test_no_network(out):
    """A server that waits to be asked is not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1)
        for kind in ("read_csv", "read_parquet", "read_text"):
            with pytest.raises(QueryError):
                moocdb_fast.open(out).sql(f"SELECT * FROM {kind}('http://127.0.0.1:{server.getsockname()[1]}/x.csv')")
        with pytest.raises(TimeoutError):
            server.accept()


def test_reading_leaves_every_byte_as_it_is(out):
    before = fingerprints(out)
    for name in TABLES:
        moocdb_fast.open(out).sql(f"SELECT * FROM {name} ORDER BY ALL")
        moocdb_fast.open(out).table(name)
    assert fingerprints(out) == before


def test_several_at_once(out):
    failed = []

    def ask():
        try:
            assert moocdb_fast.open(out).sql("SELECT count(*) AS n FROM users").to_pylist() == [{"n": 2}]
        except BaseException as error:  # noqa: BLE001 - looked at below, in the thread of the test
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("selec 1", "line 1, column 1: "),
        ("select\n  nothing\nfrom users", "line 2, column 3: "),
        ("select 'é🎓', nothing from users", "line 1, column 14: "),
        ("select * from\n\n  nowhere", "line 3, column 3: "),
        ("select cast(resource_uri as int) from resources", "line 1, column 8: "),
        ("select sqrt('a', 2)", "line 1, column 8: "),
        ("select 1 +", "line 1, column 1"),
        ("select error('of mine')", "the SQL statement: of mine"),
        ("", "there is no SQL statement"),
        ("  -- only a remark", "there is no SQL statement"),
        ("select 1; select 2", "these are 2 SQL statements"),
        ("drop table users", "this is no query but DROP"),
    ],
)
def test_errors_say_where(out, statement, place, capsys):
    with pytest.raises(QueryError) as caught:
        moocdb_fast.open(out).sql(statement)
    assert caught.value.message.startswith(place)
    assert main(["sql", statement, "--db", str(out)]) == 7
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1


def test_a_damaged_csv_is_told_without_its_content(tmp_path):
    out = write_output(tmp_path / "out", filled())
    path = out / "answers.csv"
    path.write_text(path.read_text().replace("2,answer", "two,a secret answer"))
    with pytest.raises(QueryError) as caught:
        moocdb_fast.open(out).sql("SELECT * FROM answers")
    assert "line 3" in caught.value.message and "secret" not in caught.value.message


def test_a_database_that_another_program_writes_to(tmp_path):
    out = write_output(tmp_path / "out", filled(), ("duckdb",))
    program = f"import duckdb, time; c = duckdb.connect({str(out / 'moocdb.duckdb')!r}); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"open\n"
            with pytest.raises(InputError, match=r"moocdb\.duckdb cannot be opened"):
                moocdb_fast.open(out).sql("SELECT 1")
        finally:
            other.kill()


# ---------------------------------------------------------------- command


def test_a_table_for_people(out, capsys):
    query = "select answer_id, answer_content, 'ünï 中文' as wide from answers order by 1 desc"
    assert prints(capsys, query, "--db", out).splitlines() == [
        "answer_id  answer_content      wide",
        "---------  ------------------  --------",
        '        4  say "hi",\\nthen go  ünï 中文',
        "        3  NULL                ünï 中文",
        "        2  NULL                ünï 中文",
        "        1                      ünï 中文",
    ]


def test_csv_for_programs(out, capsys):
    query = (
        "select answer_content, 0.1::double as f, true as yes, sum(1) as s, [1, null] as l, date '2024-01-02' as d from answers "
        "group by all order by 1"
    )
    text = prints(capsys, query, "--db", out, "--output", "csv")
    assert text.splitlines()[1].startswith('"",0.1,true,1,')
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        [content, "0.1", "true", "1", "[1, null]", "2024-01-02"] for content in ("", "NULL", 'say "hi",\nthen go', "")
    ]


def test_json_for_programs(out, capsys):
    query = (
        "select answer_content as a, 'nan'::double as nan, 12345678901234567890 as big, [1, null] as l, {'x': 'y'} as s, "
        "timestamp '2024-01-02 03:04:05' as t, 1 as a from answers order by answer_id limit 2"
    )
    rows = [json.loads(line) for line in prints(capsys, query, "--db", out, "--output", "json").splitlines()]
    rest = {"nan": None, "big": 12345678901234567890, "l": [1, None], "s": {"x": "y"}, "t": "2024-01-02 03:04:05.000000", "a_2": 1}
    assert rows == [{"a": "", **rest}, {"a": None, **rest}]


@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_no_value_is_too_odd_to_print(out, capsys, output):
    odd = (
        "timestamp 'infinity'", "date '12345-01-01'", "'a\\x00'::blob", "interval '1 day'", "uuid()", "'x'::enum('x', 'y')", "map {'k': 1}",
        "time '10:00'", "now()", "null", "2::hugeint ** 70", "'inf'::double", "'{}'::json", "chr(0) || chr(27) || '[31m'",
        "timestamp '0001-01-01'", "1.25::decimal(9, 2)",
    )  # fmt: skip
    text = prints(capsys, "select " + ", ".join(f"{value} as c{n}" for n, value in enumerate(odd)), "--db", out, "--output", output)
    assert output == "csv" or "\x1b" not in text
    assert "1.25" in text


def test_long_texts_are_cut_in_tables_only(out, capsys):
    query = "select repeat('x', 500) as x"
    assert len(prints(capsys, query, "--db", out).splitlines()[2]) == 100
    assert prints(capsys, query, "--db", out, "--output", "csv").splitlines()[1] == "x" * 500


def test_no_rows(out, capsys):
    query = "select user_id, user_key from users where false"
    assert prints(capsys, query, "--db", out) == "user_id  user_key\n-------  --------\n"
    assert prints(capsys, query, "--db", out, "--output", "csv") == "user_id,user_key\n"
    assert prints(capsys, query, "--db", out, "--output", "json") == ""


def test_the_statement_from_a_file_and_from_standard_input(out, tmp_path, capsys, monkeypatch):
    (tmp_path / "q.sql").write_bytes(b"\xef\xbb\xbfselect count(*) as n from users;\n")
    assert prints(capsys, "--file", tmp_path / "q.sql", "--db", out, "--output", "json") == '{"n": 2}\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"select 1 as one")))
    assert prints(capsys, "-", "--db", out, "--output", "csv") == "one\n1\n"


def test_the_dialect(out, capsys):
    text = prints(capsys, "select observed_event_duration from observed_events", "--db", out, "--dialect", "edx2014", "--output", "csv")
    assert text == "observed_event_duration\n0\n0\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "there is no query"),
        (["select 1", "--file", "x.sql"], 2, "there is a query and --file"),
        (["--file", "nowhere.sql"], 3, "there is no file or folder nowhere.sql"),
        (["--file", ""], 3, "cannot read"),
        ([os.fsdecode(b"select '\xff'")], 2, "not UTF-8"),
    ],
)
def test_wrong_use(out, capsys, arguments, code, said):
    assert main(["sql", *arguments, "--db", str(out)]) == code
    assert said in capsys.readouterr().err


def test_a_statement_that_is_no_text(out, tmp_path, capsys):
    (tmp_path / "q.sql").write_bytes(b"select '\xff'")
    assert main(["sql", "--file", str(tmp_path / "q.sql"), "--db", str(out)]) == 2
    assert "not UTF-8" in capsys.readouterr().err
