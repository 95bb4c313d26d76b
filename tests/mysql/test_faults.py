"""Whatever breaks in the middle of a load: an error in one line, the old course as it was, and a repeat that succeeds."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace

import pytest
from course import REFERENCES, Course
from private_server import free_port
from proxy import Proxy, at_bytes, at_statement

import moocdb_fast
from moocdb_fast.database import load as loading
from moocdb_fast.database import staging
from moocdb_fast.database.session import Session
from moocdb_fast.database.target import target_of
from moocdb_fast.errors import DatabaseError
from moocdb_fast.schema import TABLES

MIDDLE = 60_000
"""Bytes after which a load of the torture output is in the middle of sending rows."""


def start(*words, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "moocdb_fast", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "MOOCDB_FAST_PASSWORD": "", **environment},
    )


def outcome(process):
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err


@pytest.fixture
def old(server, database, course, outputs):
    """The course that is there before; how it looks."""
    moocdb_fast.load(outputs / "example", server.url(database))
    return course.content()


def assert_repeat_succeeds(server, database, outputs, course):
    done = moocdb_fast.load(outputs / "torture", server.url(database))
    assert course.tables() == set(TABLES)  # also: nothing is left of the load that died
    assert course.references() == REFERENCES
    assert server.rows(f"SELECT COUNT(*) FROM {database}.submissions") == [(str(done.tables["submissions"]),)]


@pytest.mark.promise("P22")
def test_the_connection_is_cut_in_the_middle_of_the_rows(server, database, course, outputs, old):
    with Proxy(server.socket, from_client=at_bytes(MIDDLE, Proxy.cut)) as proxy:
        code, out, err = outcome(start("load", outputs / "torture", "--to", proxy.url(database)))
    assert (code, out, err.count("\n"), proxy.cuts) == (9, "", 1, 2)
    assert "is lost" in err
    assert course.content() == old
    assert_repeat_succeeds(server, database, outputs, course)


@pytest.mark.promise("P21", "P22")
def test_the_connection_is_cut_at_any_statement(server, database, course, outputs):
    """Before, in the middle of and after the swap: a whole course is there, the old one or the new one."""
    names = ["example", "torture"]
    whole = {}
    for name in names:
        moocdb_fast.load(outputs / name, server.url(database))
        whole[name] = course.content()
    counter = at_statement(0, Proxy.cut)
    with Proxy(server.socket, from_client=counter) as proxy:
        moocdb_fast.load(outputs / "torture", proxy.url(database))
    statements = counter.count[0]
    assert statements > 150
    seen = set()
    # Some in the middle; all of the last ones, among them the swap.
    for number in [*range(1, statements - 8, 60), *range(statements - 8, statements)]:
        there = next(name for name in names if whole[name] == course.content())
        other = next(name for name in names if name != there)
        with Proxy(server.socket, from_client=at_statement(number, Proxy.cut)) as proxy:
            try:
                moocdb_fast.load(outputs / other, proxy.url(database), connections=1)
            except DatabaseError:
                seen.add("failed")
        assert course.content() in (whole[there], whole[other]), number
        seen.add("old" if course.content() == whole[there] else "new")
    assert seen == {"failed", "old", "new"}
    assert_repeat_succeeds(server, database, outputs, course)


@pytest.mark.promise("P22")
def test_the_server_is_killed_in_the_middle(start_server, outputs):
    server = start_server()
    moocdb_fast.load(outputs / "example", server.url("course"))
    course = Course(server, "course")
    old = course.content()
    with Proxy(server.socket, from_client=at_bytes(MIDDLE, lambda _: server.kill())) as proxy:
        code, out, err = outcome(start("load", outputs / "torture", "--to", proxy.url("course")))
    assert (code, out, err.count("\n")) == (9, "", 1)
    server.start()
    assert course.content() == old
    assert_repeat_succeeds(server, "course", outputs, course)


@pytest.mark.promise("P21")
def test_the_client_is_killed_in_the_middle(server, database, course, outputs, old, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def kill(_):
        client.kill()

    with Proxy(server.socket, from_client=at_bytes(MIDDLE, kill)) as proxy:
        client = start("load", outputs / "torture", "--to", proxy.url(database))
        code, _, err = outcome(client)
    assert (code, err) == (-signal.SIGKILL, "")
    assert course.content() == old
    left = list(tmp_path.rglob("*"))
    assert left and not any(path.is_file() for path in left)  # pipes, but no rows
    assert_repeat_succeeds(server, database, outputs, course)
    assert not list(tmp_path.iterdir())


@pytest.mark.promise("P13")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_in_one_line(server, database, course, outputs, old, number, code):
    with Proxy(server.socket, from_client=at_bytes(MIDDLE, lambda _: client.send_signal(number))) as proxy:
        client = start("load", outputs / "torture", "--to", proxy.url(database))
        found, out, err = outcome(client)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert "whole course" in err
    assert course.content() == old
    assert_repeat_succeeds(server, database, outputs, course)


@pytest.mark.promise("P22")
def test_a_server_that_stops_answering(start_server, outputs, monkeypatch):
    monkeypatch.setattr(loading, "_PING", 0.5)
    monkeypatch.setattr(loading, "_ANSWER", 1)
    server = start_server()
    moocdb_fast.load(outputs / "example", server.url("course"))
    course = Course(server, "course")
    old = course.content()
    try:
        with Proxy(server.socket, from_client=at_bytes(MIDDLE, lambda _: server.process.send_signal(signal.SIGSTOP))) as proxy:
            target = replace(target_of(proxy.url("course")), timeout=1)
            with pytest.raises(DatabaseError, match="is lost"):
                moocdb_fast.load(outputs / "torture", target)
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert course.content() == old
    assert_repeat_succeeds(server, "course", outputs, course)


@pytest.mark.promise("P22", "P24")
def test_a_wrong_password_ends_in_one_sentence(server, database, course, outputs, old):
    server.rows(f"CREATE OR REPLACE USER guarded@localhost IDENTIFIED BY 'right'; GRANT ALL ON {database}.* TO guarded@localhost; SELECT 1")
    url = server.url(database, "guarded")
    for password in ("wrong-secret", ""):
        code, out, err = outcome(start("load", outputs / "torture", "--to", url, MYSQL_PWD=password, MOOCDB_FAST_PASSWORD=password))
        assert (code, out, err.count("\n")) == (9, "", 1)
        assert "refuses user 'guarded'" in err
        assert "wrong-secret" not in err
    assert course.content() == old
    assert outcome(start("load", outputs / "torture", "--to", url, "--quiet", MOOCDB_FAST_PASSWORD="right")) == (0, "", "")


@pytest.mark.promise("P22")
def test_no_server(outputs):
    port = free_port()
    code, out, err = outcome(start("load", outputs / "example", "--to", f"mysql://me@127.0.0.1:{port}/course"))
    assert (code, out, err.count("\n")) == (9, "", 1)
    assert f"there is no database server at 127.0.0.1:{port}" in err


@pytest.mark.promise("P22")
def test_a_server_that_says_nothing(outputs):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = replace(target_of(f"mysql://me@127.0.0.1:{silent.getsockname()[1]}/course"), timeout=1)
        with pytest.raises(DatabaseError, match="did not answer"):
            moocdb_fast.load(outputs / "example", target)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x05\x00\x00\x00\x0aabc", b"\xff" * 4096, b""])
def test_something_that_is_no_database_server(outputs, greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet():
            for _ in range(2):
                with listener.accept()[0] as connection:
                    connection.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        target = replace(target_of(f"mysql://me@127.0.0.1:{listener.getsockname()[1]}/course"), timeout=1)
        with pytest.raises(DatabaseError) as refused:
            moocdb_fast.load(outputs / "example", target)
    assert "\n" not in refused.value.message


def test_a_user_without_rights(server, database, course, outputs, old):
    server.rows(f"CREATE OR REPLACE USER reader@localhost; GRANT SELECT ON {database}.* TO reader@localhost; SELECT 1")
    with pytest.raises(DatabaseError) as refused:
        moocdb_fast.load(outputs / "torture", server.url(database, "reader"))
    assert "may not do this" in refused.value.message
    assert "GRANT" in refused.value.hint
    assert course.content() == old


def test_rights_on_one_database_are_enough(server, database, course, outputs):
    server.rows(f"CREATE OR REPLACE USER owner@localhost; GRANT ALL ON {database}.* TO owner@localhost; SELECT 1")
    for name in ("example", "torture"):
        moocdb_fast.load(outputs / name, server.url(database, "owner"))
    assert course.references() == REFERENCES


def test_a_second_load_is_refused(server, database, course, outputs, old):
    first = Session(target_of(server.url(database)))
    staging.enter(first)
    staging.lock(first)
    with pytest.raises(DatabaseError, match="under way"):
        moocdb_fast.load(outputs / "torture", server.url(database))
    assert course.content() == old
    first.close()
    assert_repeat_succeeds(server, database, outputs, course)


def test_a_connection_that_a_killed_load_left_behind(server, database, course, outputs, old):
    """The client is gone, but the server still works on its last statement, and holds a table."""
    orphan = Session(target_of(server.url(database)))
    staging.enter(orphan)
    staging.mark_helper(orphan, 2)
    orphan.run("CREATE TABLE moocdb_fast_new_users (user_id INT PRIMARY KEY)")
    orphan.run("LOCK TABLES moocdb_fast_new_users WRITE")
    assert_repeat_succeeds(server, database, outputs, course)
    with pytest.raises(DatabaseError):
        orphan.value("SELECT 1")


def test_readers_that_never_let_go(server, database, course, outputs, old, monkeypatch):
    for name, value in (("_SWAP_TRIES", 2), ("_SWAP_WAIT", 1), ("_SWAP_PAUSE", 0.1)):
        monkeypatch.setattr(staging, name, value)
    with server.connect(database) as reader:
        cursor = reader.cursor()
        cursor.execute("START TRANSACTION")
        cursor.execute("SELECT COUNT(*) FROM users")
        cursor.fetchall()
        with pytest.raises(DatabaseError, match="in use"):
            moocdb_fast.load(outputs / "torture", server.url(database))
        assert course.content() == old
        assert course.tables() == set(TABLES)
        reader.rollback()
    assert_repeat_succeeds(server, database, outputs, course)


def test_what_others_built_on_the_tables_is_not_broken(server, database, course, outputs, old):
    server.rows(f"USE {database}; CREATE TABLE mine (user_id INT, FOREIGN KEY (user_id) REFERENCES users (user_id)); SELECT 1")
    with pytest.raises(DatabaseError, match="mine refers to users"):
        moocdb_fast.load(outputs / "torture", server.url(database))
    server.rows(f"USE {database}; DROP TABLE mine; SET foreign_key_checks = 0; DROP TABLE users; CREATE VIEW users AS SELECT 1; SELECT 1")
    with pytest.raises(DatabaseError, match=r"users in database .* is a view"):
        moocdb_fast.load(outputs / "torture", server.url(database))


def test_a_full_disk_while_rows_are_sorted(server, database, course, outputs, old, monkeypatch, tmp_path):
    from moocdb_fast.database import ordering, source
    from moocdb_fast.errors import OutputError

    class Full:
        def write(self, _):
            raise OSError(28, os.strerror(28))

        def close(self):
            pass

    monkeypatch.setattr(ordering, "_MEMORY", 1000)
    monkeypatch.setattr(source, "_CHUNK", 1000)
    monkeypatch.setattr(ordering.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(OutputError, match="No space left"):
        moocdb_fast.load(outputs / "torture", server.url(database))
    assert course.content() == old


def test_run_and_load_in_one_go(server, database, course, outputs, tmp_path):
    log = outputs / "torture.json"
    words = ["run", log, "--out", tmp_path / "out", "--key-file", outputs / "key", "--to", server.url(database)]
    code, out, err = outcome(start(*words))
    assert (code, out) == (0, "")
    assert "loaded into" in err
    counts = json.loads((tmp_path / "out" / "summary.json").read_text())["tables"]
    assert server.rows(f"SELECT COUNT(*) FROM {database}.submissions") == [(str(counts["submissions"]),)]
    before = course.content()
    cut = tmp_path / "cut.log.gz"
    cut.write_bytes((outputs / "example.log.gz").read_bytes()[:-1000])
    code, _, err = outcome(start("run", cut, "--out", tmp_path / "cut", "--key-file", outputs / "key", "--quiet", "--to", server.url(database)))
    assert code == 5
    assert "not in the database" in err
    assert course.content() == before


@pytest.mark.promise("P14")
def test_run_looks_for_the_server_first(outputs, tmp_path):
    port = free_port()
    code, _, err = outcome(start("run", outputs / "torture.json", "--out", tmp_path / "out", "--to", f"mysql://me@127.0.0.1:{port}/course"))
    assert code == 9
    assert not (tmp_path / "out").exists()
    code, _, err = outcome(
        start("run", outputs / "torture.json", "--out", tmp_path / "out", "--split-by-course", "--to", "mysql://me@127.0.0.1/course")
    )
    assert code == 2
    assert "each folder" in err


def shortened(number, keep, *, framed):
    """A hook for what the server says: of packet `number` only some bytes come, and then nothing more. `framed`: as if that were all of it."""
    count = [0]

    def hook(proxy, packet):
        count[0] += 1
        if count[0] < number:
            return packet
        threading.Timer(0.02, proxy.cut).start()
        part = packet[4 : 4 + keep]
        return (len(part).to_bytes(3, "little") if framed else packet[:3]) + packet[3:4] + part if count[0] == number else None

    return hook


@pytest.mark.parametrize("framed", [True, False], ids=["short", "cut"])
def test_answers_that_break_off(server, framed):
    """Wherever the server stops in the middle of what it says, the error is ours and names the connection, not what the connector makes of it."""
    seen = set()
    for number in range(1, 10):
        for keep in (0, 1, 5):
            with Proxy(server.socket, from_server=shortened(number, keep, framed=framed)) as proxy:
                target = replace(target_of(proxy.url("mysql")), timeout=1)
                try:
                    with Session(target, answer_within=1) as session:
                        assert session.rows("SELECT 1, 'two'") == [(1, "two")]
                except DatabaseError as error:
                    assert str(proxy.port) in str(error)
                    seen.add(number)
    assert len(seen) > 5
