"""`load`: every cell arrives as it is, whatever the format and the way; tables and keys are those of schema.py; courses are replaced whole."""

import json
import threading

import mysql.connector
import pytest
from course import REFERENCES
from proxy import Proxy, Reply, answer, statement
from torture import ANSWERS

import moocdb_fast
from moocdb_fast.database import filling
from moocdb_fast.database.session import Session
from moocdb_fast.database.target import target_of
from moocdb_fast.errors import DatabaseError, InputError
from moocdb_fast.schema import TABLES
from moocdb_fast.sql import column_type, moocdb_sql


def cells(server, database, table):
    """All rows of a table by its key, with the values that Arrow has."""
    with server.connect(database) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT {', '.join(f'`{c}`' for c in table.names)} FROM `{table.name}` ORDER BY {table.key[0]}")
        return [dict(zip(table.names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def plain(value):
    return bytes(value).decode() if isinstance(value, bytes | bytearray) else value


@pytest.fixture(params=["csv", "parquet", "duckdb"])
def torture(request, outputs, tmp_path):
    """The torture output in one format only."""
    for path in (outputs / "torture").iterdir():
        if path.suffix in (f".{request.param}", ".json"):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


def assert_every_cell(server, database, output):
    whole = moocdb_fast.open(output)
    for table in TABLES.values():
        expected = whole.table(table.name).sort_by(table.key[0]).to_pylist()
        assert cells(server, database, table) == expected, table.name
    answers = [row["submission_answer"] for row in cells(server, database, TABLES["submissions"])]
    assert answers == ANSWERS


@pytest.mark.promise("P21")
def test_every_cell_arrives(server, database, torture):
    done = moocdb_fast.load(torture, server.url(database))
    assert_every_cell(server, database, torture)
    assert done.tables == json.loads((torture / "summary.json").read_text())["tables"]
    assert not done.inserted
    assert done.warnings == []


@pytest.fixture
def forbidden(server):
    server.rows("SET GLOBAL local_infile = 0; SELECT 1")
    yield
    server.rows("SET GLOBAL local_infile = 1; SELECT 1")


def test_every_cell_arrives_by_insert(server, database, outputs, forbidden):
    done = moocdb_fast.load(outputs / "torture", server.url(database))
    assert done.inserted
    assert "SET GLOBAL local_infile = 1" in done.warnings[0]
    assert_every_cell(server, database, outputs / "torture")


def test_a_row_that_is_too_long_for_insert_is_named(server, database, course, outputs, forbidden):
    moocdb_fast.load(outputs / "example", server.url(database))
    old = course.content()
    (usual,) = server.rows("SELECT @@max_allowed_packet")[0]
    server.rows("SET GLOBAL max_allowed_packet = 65536; SELECT 1")
    try:
        with pytest.raises(moocdb_fast.MoocdbError, match=r"a row of table .* is longer"):
            moocdb_fast.load(outputs / "torture", server.url(database))
    finally:
        server.rows(f"SET GLOBAL max_allowed_packet = {usual}; SELECT 1")
    assert course.content() == old


@pytest.mark.parametrize("row", [b"1,\xff\n", b'1,"Linux"x\n'])
def test_rows_that_are_no_csv_are_no_fault_of_the_server(server, database, course, outputs, forbidden, tmp_path, row):
    moocdb_fast.load(outputs / "torture", server.url(database))
    before = course.content()
    for path in (outputs / "example").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "os.csv").write_bytes(b"os_id,os_name\n" + row)
    with pytest.raises(InputError, match="the rows of table os are no CSV"):
        moocdb_fast.load(tmp_path, server.url(database))
    assert course.content() == before


def test_what_goes_wrong_between_prepared_statements_is_no_fault_of_the_server(server, database):
    server.rows(f"CREATE DATABASE {database}; SELECT 1")
    with Session(target_of(server.url(database))) as session:
        with pytest.raises(ValueError, match="of the caller"), session.prepared() as run:
            assert run("DO ?", [1]) == 0
            raise ValueError("of the caller")
        with pytest.raises(DatabaseError, match="is lost"), session.prepared() as run:
            session.abort()
            run("DO ?", [1])


def test_a_user_who_may_have_no_larger_pipe(server, database, outputs, monkeypatch):
    """The kernel refuses one of this size to everybody."""
    monkeypatch.setattr(filling, "_PIPE_BYTES", -1)
    done = moocdb_fast.load(outputs / "torture", server.url(database))
    assert not done.inserted
    assert_every_cell(server, database, outputs / "torture")


def test_a_refusal_on_the_way_leads_to_insert(server, database, outputs):
    """The server allows it, but something between does not."""
    refusal = b"\xff" + (1148).to_bytes(2, "little") + b"#42000not allowed"

    def refuse(_, packet):
        return Reply(answer(packet, refusal)) if (statement(packet) or b"").startswith(b"LOAD DATA") else packet

    with Proxy(server.socket, from_client=refuse) as proxy:
        assert moocdb_fast.load(outputs / "torture", proxy.url(database)).inserted
    assert_every_cell(server, database, outputs / "torture")


def test_information_schema_is_schema_py(server, database, course, outputs):
    moocdb_fast.load(outputs / "example", server.url(database))
    assert course.tables() == set(TABLES)
    assert course.references() == REFERENCES
    declared = {
        (t.name, c.name, column_type(c).lower(), "YES" if c.null else "NO", "NULL" if c.default is None else str(c.default), c.doc)
        for t in TABLES.values()
        for c in t.columns
    }
    found = server.rows(
        "SELECT table_name, column_name, column_type, is_nullable, IF(column_default = 'NULL', NULL, column_default), column_comment "
        f"FROM information_schema.columns WHERE table_schema = '{database}'"
    )
    shown = {(t, c, k.split("(")[0] if "int" in k else k, *rest) for t, c, k, *rest in found}  # some servers show a width: int(11)
    assert shown == declared
    keys = server.rows(
        "SELECT table_name, index_name, non_unique, GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics "
        f"WHERE table_schema = '{database}' GROUP BY table_name, index_name, non_unique"
    )
    assert {(t, columns) for t, name, _, columns in keys if name == "PRIMARY"} == {(t.name, ",".join(t.key)) for t in TABLES.values()}
    unique = {(t, columns) for t, name, non_unique, columns in keys if name != "PRIMARY" and non_unique == "0"}
    assert unique == {(t.name, ",".join(columns)) for t in TABLES.values() for columns in t.unique}
    leading = {(t, columns.split(",")[0]) for t, _, _, columns in keys}
    assert {(t, c) for t, c, _ in REFERENCES} <= leading
    made = server.rows(f"SELECT table_name, engine, table_collation FROM information_schema.tables WHERE table_schema = '{database}'")
    assert {row[1:] for row in made} == {("InnoDB", "utf8mb4_bin")}


@pytest.mark.promise("P21")
def test_a_course_is_replaced_whole(server, database, course, outputs):
    moocdb_fast.load(outputs / "example", server.url(database))
    example = course.content()
    moocdb_fast.load(outputs / "torture", server.url(database))
    assert course.content() != example
    assert course.references() == REFERENCES
    moocdb_fast.load(outputs / "example", server.url(database))
    assert course.content() == example
    assert course.tables() == set(TABLES)
    assert course.references() == REFERENCES


def test_a_course_that_the_script_loaded_is_replaced(server, database, course, outputs):
    counts = moocdb_fast.open(outputs / "torture").summary["tables"]
    assert server.run(moocdb_sql(database=database, rows=counts), cwd=outputs / "torture").returncode == 0
    moocdb_fast.load(outputs / "example", server.url(database))
    example = course.content()
    assert course.references() == REFERENCES
    moocdb_fast.load(outputs / "example", server.url(database))
    assert course.content() == example


def test_other_tables_in_the_database_stay(server, database, course, outputs):
    server.rows(f"CREATE DATABASE {database}; USE {database}; CREATE TABLE mine (a INT); INSERT INTO mine VALUES (7); SELECT 1")
    moocdb_fast.load(outputs / "example", server.url(database))
    assert server.rows(f"SELECT a FROM {database}.mine") == [("7",)]
    assert course.tables() == {*TABLES, "mine"}


@pytest.mark.promise("P21")
def test_readers_see_the_old_course_or_the_new_one(server, database, outputs):
    """One statement reads two tables again and again, while courses take turns."""
    url = server.url(database)
    rows = {}
    for name in ("example", "torture"):
        tables = moocdb_fast.load(outputs / name, url).tables
        rows[name] = (tables["observed_events"], tables["users"])
    seen, stop, failed = set(), threading.Event(), []

    def read():
        try:
            with server.connect(database) as connection:
                connection.autocommit = True
                cursor = connection.cursor()
                while not stop.is_set():
                    cursor.execute("SELECT (SELECT COUNT(*) FROM observed_events), (SELECT COUNT(*) FROM users)")
                    seen.add(cursor.fetchone())
        except mysql.connector.Error as error:
            failed.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for name in ("example", "torture", "example"):
            moocdb_fast.load(outputs / name, url)
    finally:
        stop.set()
        reader.join()
    assert not failed
    assert seen == set(rows.values())


def test_a_course_folder_of_a_split_output(server, database, outputs, tmp_path):
    log = tmp_path / "two.json"
    lines = [
        {"username": f"u{n}", "time": f"2024-03-05T10:0{n}:00Z", "event_type": "seq_next", "event_source": "browser", "context": {"course_id": c}}
        for n, c in enumerate(("course-v1:A+B+C", "course-v1:A+B+C", "course-v1:D+E+F"))
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    out = tmp_path / "split"
    moocdb_fast.translate(log, out, moocdb_fast.Options(split_by_course=True, workers=1, key_file=outputs / "key"))
    with pytest.raises(moocdb_fast.MoocdbError) as refused:
        moocdb_fast.load(out, server.url(database))
    folders = moocdb_fast.open(out).courses
    assert all(name in refused.value.hint for name in folders)
    done = moocdb_fast.load(out / folders[0], server.url(database))
    assert done.tables["observed_events"] == 2


@pytest.mark.promise("P21")
@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("os", lambda rows: [*rows, rows[-1]], "warned"),  # a repeated key: LOCAL skips the row
        ("os", lambda rows: ["one,Linux\n"], "warned"),  # no number
        ("os", lambda rows: ["1," + "x" * 256 + "\n"], "warned"),  # longer than the column
        ("os", lambda rows: rows[:-1], "summary.json"),  # a row is missing
        ("os", lambda rows: [row.rstrip("\n") for row in rows], "middle of a row"),
        ("assessments", lambda rows: [row.replace(",", ",9999", 1) for row in rows], "in no row of submissions"),
        ("assessments", lambda rows: [row.replace(f"{n},", ",", 1) for n, row in enumerate(rows, 1)], "warned"),
    ],
)
def test_rows_that_do_not_fit_replace_nothing(server, database, course, outputs, tmp_path, table, change, message):
    moocdb_fast.load(outputs / "torture", server.url(database))
    before = course.content()
    for path in (outputs / "example").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / f"{table}.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(head + "".join(change(rows)), encoding="utf-8", newline="")
    with pytest.raises(moocdb_fast.MoocdbError) as refused:
        moocdb_fast.load(tmp_path, server.url(database))
    assert message in refused.value.message
    assert "xxx" not in refused.value.message
    assert course.content() == before
    assert course.tables() == set(TABLES)
