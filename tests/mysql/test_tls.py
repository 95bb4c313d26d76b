"""TLS to a real server, with certificates made for the test."""

import pytest
import trustme
from private_server import free_port
from proxy import Proxy

import moocdb_fast
from moocdb_fast.database.session import Session
from moocdb_fast.database.target import target_of
from moocdb_fast.errors import DatabaseError


@pytest.fixture(scope="module")
def secured(start_server, tmp_path_factory):
    """A server that speaks TLS on a port, as 127.0.0.1; and the file of the authority that says so."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    port = free_port()
    server = start_server(
        "--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}", f"--ssl-cert={folder}/cert.pem", f"--ssl-key={folder}/key.pem"
    )
    server.rows("CREATE USER remote@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON *.* TO remote@'127.0.0.1'; SELECT 1")
    return server, f"mysql://remote@127.0.0.1:{port}/course", folder / "ca.pem"


@pytest.mark.promise("P20")
@pytest.mark.parametrize("tls", ["preferred", "required", "verify"])
def test_loads_through_tls(secured, outputs, tls):
    server, url, ca = secured
    target = target_of(url, password="secret", tls=tls, tls_ca=ca if tls == "verify" else None)
    with Session(target) as session:
        assert session.rows("SHOW STATUS LIKE 'Ssl_cipher'")[0][1]
    done = moocdb_fast.load(outputs / "torture", target)
    assert server.rows("SELECT COUNT(*) FROM course.submissions") == [(str(done.tables["submissions"]),)]


def test_without_tls_this_user_is_refused(secured, outputs):
    _, url, _ = secured
    with pytest.raises(DatabaseError, match="refuses user"):
        moocdb_fast.load(outputs / "torture", url, password="secret", tls="off")


@pytest.mark.promise("P20")
def test_a_certificate_of_somebody_else_is_refused(secured, outputs, tmp_path):
    _, url, ca = secured
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    for authority, other_url in ((tmp_path / "other.pem", url), (ca, url.replace("127.0.0.1", "localhost"))):
        with pytest.raises(DatabaseError, match="TLS"):
            moocdb_fast.load(outputs / "torture", other_url, password="secret", tls_ca=authority)


@pytest.mark.promise("P20")
def test_required_tls_is_required(server, database, outputs):
    """This server has none. Nothing but the login is sent to it, and no password in clear."""
    server.rows("CREATE OR REPLACE USER plain@localhost IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO plain@localhost; SELECT 1")
    for tls in ("required", "verify"):
        with Proxy(server.socket) as proxy:
            with pytest.raises(DatabaseError, match="TLS"):
                moocdb_fast.load(outputs / "torture", proxy.url(database, "plain"), password="secret", tls=tls)
            assert b"secret" not in proxy.sent
            assert b"SELECT" not in proxy.sent
