"""A live server with the dumps loaded gives the same rows as the dumps themselves."""

import subprocess

import pyarrow as pa
import pytest

from moocdb_fast.coursera.detect import open_export
from moocdb_fast.coursera.live import open_live
from moocdb_fast.coursera.source import Kind
from moocdb_fast.database.target import Target
from moocdb_fast.errors import DatabaseError, InputError, UsageError


def load(server, folder, database):
    """Load the three dumps of a folder, each into a database of its own; their names."""
    names = []
    for path in sorted(folder.glob("*.sql")):
        names.append(f"{database}_{len(names)}")
        server.run(f"DROP DATABASE IF EXISTS `{names[-1]}`; CREATE DATABASE `{names[-1]}` DEFAULT CHARACTER SET utf8mb4")
        command = [
            server.client,
            "--no-defaults",
            f"--socket={server.socket}",
            "--user=root",
            "--binary-mode",
            "--init-command=SET sql_mode=''",
            names[-1],
        ]
        with path.open("rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    return names


def target(server):
    return Target(database="", user="root", socket=str(server.socket))


def table_of(source, name, columns):
    """All rows in an order of their own."""
    table = pa.Table.from_batches(source.rows(name, columns))
    return table.schema, sorted(zip(*(column.to_pylist() for column in table.columns), strict=True), key=repr)


@pytest.mark.parametrize("form", [1, 2])
def test_dumps_and_server_give_the_same_rows(server, database, exports, form):
    names = load(server, exports[form], database)
    dumps, live = open_export(exports[form]), open_live(target(server), names)
    assert (live.format, live.course) == (dumps.format, dumps.course) == (form, 136 if form == 1 else None)
    assert live.tables().keys() == dumps.tables().keys()
    rows = 0
    for name, columns in dumps.tables().items():
        assert [(c.name, c.kind) for c in live.tables()[name]] == [(c.name, c.kind) for c in columns]
        asked = [column.name for column in columns] + ["a_column_that_is_not_there"]
        found = table_of(live, name, asked)
        assert found == table_of(dumps, name, asked)
        rows += len(found[1])
    assert rows > 1000
    assert live.has("kvs.quiz")
    assert live.repaired == {}
    dumps.close()
    live.close()


def test_awkward_columns_of_a_server(server, database):
    server.run(
        f"""USE `{database}`; SET NAMES utf8mb4;
        CREATE TABLE hash_mapping (
          user_id int, session_user_id varchar(9) CHARACTER SET latin1, `we``ird` bit(12), big bigint unsigned, PRIMARY KEY (user_id)
        );
        CREATE TABLE `kvs_course.quiz` (`key` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL, `value` longtext, PRIMARY KEY (`key`(160)));
        CREATE VIEW v AS SELECT 1;
        INSERT INTO hash_mapping VALUES (2, 'é', b'101000000001', 5), (1, NULL, NULL, 18446744073709551615);
        INSERT INTO `kvs_course.quiz` VALUES ('xml.quiz_id:1', 's:2:"é";')"""
    )
    source = open_live(target(server), [database, database, database])
    assert set(source.tables()) == {"hash_mapping", "kvs.quiz"}
    assert source.tables()["kvs.quiz"][1].kind is Kind.BYTES
    (batch,) = source.rows("hash_mapping", ["We`ird", "session_user_id", "user_id"])
    assert batch.to_pydict() == {"We`ird": [None, 0b101000000001], "session_user_id": [None, "é"], "user_id": [1, 2]}
    with pytest.raises(InputError, match="column big: an integer beyond 64 bits"):
        list(source.rows("hash_mapping", ["big"]))
    assert pa.Table.from_batches(source.rows("kvs.quiz", ["value"])).to_pydict() == {"value": ['s:2:"é";'.encode()]}
    assert pa.Table.from_batches(source.rows("hash_mapping", ["x"])).to_pydict() == {"x": [None, None]}
    assert pa.Table.from_batches(source.rows("not_there", ["x"])).to_pydict() == {"x": []}


def test_several_tables_can_be_read_at_once_and_left_unfinished(server, database):
    server.run(
        f"""USE `{database}`; CREATE TABLE users (session_user_id int); INSERT INTO users SELECT seq FROM seq_1_to_100000;
        CREATE TABLE t AS SELECT * FROM users"""
    )
    source = open_live(target(server), [database])
    one, other = source.rows("users", ["session_user_id"]), source.rows("t", ["session_user_id"])
    assert next(one).num_rows == next(other).num_rows
    one.close()
    assert sum(batch.num_rows for batch in other) > 50_000
    assert sum(batch.num_rows for batch in source.rows("users", ["session_user_id"])) == 100_000


def test_what_goes_wrong_on_a_server(server, database):
    with pytest.raises(UsageError, match="no database 'nowhere'"):
        open_live(target(server), ["nowhere"])
    with pytest.raises(DatabaseError, match="no database server"):
        open_live(Target(database="", user="root", socket="/nowhere/s"), [database])
    server.run(f"USE `{database}`; CREATE TABLE users (id int)")
    with pytest.raises(InputError, match="no dumps of a Coursera session course"):
        open_live(target(server), [database])
