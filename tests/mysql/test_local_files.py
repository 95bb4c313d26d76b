"""A server that asks for another file than the one that LOAD DATA names gets nothing."""

from pathlib import Path

import pytest
from proxy import Proxy, asks_for_file, statement

import moocdb_fast
from moocdb_fast.errors import DatabaseError

SECRET = b"root:x:0:0:a secret of this machine\n"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    return path


def packet_for(packet, path):
    payload = b"\xfb" + str(path).encode()
    return len(payload).to_bytes(3, "little") + packet[3:4] + payload


def assert_the_secret_stays(server, database, outputs, lies, **hooks):
    """A load through a server that lies, as it tells in `lies`, fails and sends nothing of the secret."""
    with Proxy(server.socket, **hooks) as proxy:
        with pytest.raises(DatabaseError):
            moocdb_fast.load(outputs / "torture", proxy.url(database))
        assert lies
        assert SECRET.strip() not in proxy.sent


@pytest.mark.promise("P20")
@pytest.mark.parametrize("where", ["absolute", "link", "relative"])
def test_another_file_instead_of_ours(server, database, course, outputs, secret, where, monkeypatch, tmp_path):
    moocdb_fast.load(outputs / "example", server.url(database))
    old = course.content()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(secret)
    name = {"absolute": secret, "link": tmp_path / "link", "relative": "secret"}[where]
    asked = []

    def lie(_, packet):
        if asks_for_file(packet):
            asked.append(packet[5:])
            return packet_for(packet, name)
        return packet

    assert_the_secret_stays(server, database, outputs, asked, from_server=lie)
    assert course.content() == old


@pytest.mark.promise("P20")
def test_a_file_next_to_ours(server, database, outputs, secret):
    """Even one that somebody managed to put into the folder of the pipes."""
    asked = []

    def lie(_, packet):
        if asks_for_file(packet):
            beside = packet[5:].decode().rpartition("/")[0] + "/beside"
            asked.append(beside)
            Path(beside).write_bytes(SECRET)
            return packet_for(packet, beside)
        return packet

    assert_the_secret_stays(server, database, outputs, asked, from_server=lie)


@pytest.mark.promise("P20")
@pytest.mark.parametrize("number", [1, 2, 3, 7, 30])
def test_a_file_in_answer_to_any_other_statement(server, database, outputs, secret, number):
    count, lied = [0], []

    def count_statements(_, packet):
        count[0] += statement(packet) is not None
        return packet

    def lie(_, packet):
        if count[0] == number and packet[3] == 1 and not lied:
            lied.append(packet)
            return packet_for(packet, secret)
        return packet

    assert_the_secret_stays(server, database, outputs, lied, from_client=count_statements, from_server=lie)


def test_the_lie_would_work_on_a_careless_client(server, database, secret):
    """What these tests do is what such a server does: a client that sends whatever it is asked for sends the secret."""
    from mysql.connector.connection import MySQLConnection

    class Careless(MySQLConnection):
        def _handle_load_data_infile(self, filename, *args, **kwargs):
            self._query = f"LOAD DATA LOCAL INFILE '{filename}' INTO TABLE t".encode()
            return super()._handle_load_data_infile(filename, *args, **kwargs)

    server.rows(f"CREATE DATABASE {database}; CREATE TABLE {database}.t (a TEXT); SELECT 1")
    with Proxy(server.socket, from_server=lambda _, p: packet_for(p, secret) if asks_for_file(p) else p) as proxy:
        connection = Careless(host="127.0.0.1", port=proxy.port, user="root", database=database, allow_local_infile=True, ssl_disabled=True)
        mine = secret.parent / "mine"
        mine.write_text("nothing much\n")
        connection.cursor().execute(f"LOAD DATA LOCAL INFILE '{mine}' INTO TABLE t")
        connection.close()
        assert SECRET.strip() in proxy.sent
