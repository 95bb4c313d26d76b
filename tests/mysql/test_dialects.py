"""Dialects in a real server: the same views, the same rows."""

import datetime

import mysql.connector
import pytest
from dialect_course import EXPECTED, ROWS
from filled import write_output

from moocdb_fast.dialects import DIALECTS, create_views
from moocdb_fast.sql import moocdb_sql


@pytest.fixture(scope="module")
def course(server, tmp_path_factory):
    """The course in a database, the views of each dialect in databases beside it."""
    folder, name = write_output(tmp_path_factory.mktemp("course") / "out", ROWS), "moocdb_test_dialects"
    done = server.run(moocdb_sql(database=name), cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    for dialect in DIALECTS.values():
        script = create_views(dialect, "mysql", source=name, target=f"{name}_{dialect.name}")
        assert server.run(script * 2).returncode == 0  # again does no harm
    with mysql.connector.connect(unix_socket=str(server.socket), user="root", collation="utf8mb4_general_ci") as connection:
        yield lambda dialect, query: _rows(connection, f"{name}_{dialect}", query)
    for database in (name, *(f"{name}_{dialect}" for dialect in DIALECTS)):
        server.run(f"DROP DATABASE `{database}`")


def _rows(connection, database, query):
    cursor = connection.cursor()
    cursor.execute(f"USE `{database}`")
    cursor.execute(query)
    return cursor.column_names, cursor.fetchall()


# MySQL's dialect of CSV has no empty text where NULL is allowed.
EMPTY = {("edx2014", 1): (8, -1, None, 1, None), ("coursera", 10): None}


@pytest.mark.parametrize(("number", "dialect", "query", "rows"), [(n, *expected) for n, expected in enumerate(EXPECTED)])
def test_what_the_variant_shows(course, number, dialect, query, rows):
    changed = EMPTY.get((dialect, number), ())
    expected = rows[:-1] + ([changed] if changed else []) if (dialect, number) in EMPTY else rows
    assert course(dialect, query)[1] == expected


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_every_view_can_be_read_and_has_its_columns(course, dialect):
    for view in dialect.views:
        assert list(course(dialect.name, f"SELECT * FROM {view.name}")[0]) == view.columns


def test_times_keep_their_microseconds(course):
    times = course("edx2014", "SELECT MAX(submission_timestamp) FROM submissions")[1]
    assert isinstance(times[0][0], datetime.datetime)
