"""A private database server for these tests, and outputs to load."""

import shutil
import tempfile
import time
from pathlib import Path

import pytest
from course import Course
from private_server import NoServer, PrivateServer
from torture import write_log

from moocdb_fast import Options, translate

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "tracking.log.gz"


@pytest.fixture(scope="session")
def start_server():
    """Starts further servers, for tests that kill them or need special options."""
    folders, servers = [], []

    def start(*options):
        folders.append(tempfile.mkdtemp(prefix="moocdb-", dir="/tmp"))  # a short name
        try:
            servers.append(PrivateServer(Path(folders[-1]), ("--innodb-buffer-pool-size=64M", *options)))
            return servers[-1].start()
        except NoServer as error:
            pytest.fail(str(error))

    try:
        yield start
    finally:
        for server in servers:
            if server.process and server.process.poll() is None:
                server.stop()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(start_server):
    return start_server()


@pytest.fixture
def database(server):
    """A name for a database of the test's own."""
    name = f"moocdb_test_{time.monotonic_ns()}"
    yield name
    server.run(f"DROP DATABASE IF EXISTS `{name}`")


@pytest.fixture(scope="session")
def outputs(tmp_path_factory):
    """Two finished outputs: `example`, in CSV, and `torture`, in every format."""
    folder = tmp_path_factory.mktemp("outputs")
    shutil.copy(EXAMPLE, folder / "example.log.gz")
    translate(EXAMPLE, folder / "example", Options(workers=1, key_file=folder / "key"))
    translate(write_log(folder), folder / "torture", Options(workers=1, key_file=folder / "key", formats=("csv", "parquet", "duckdb")))
    return folder


@pytest.fixture
def course(server, database):
    return Course(server, database)
