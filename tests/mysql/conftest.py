"""A private database server for these tests: its own data folder and socket, no network, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Server:
    socket: Path
    client: str

    def run(self, sql, *, cwd=None, local_infile=True):
        """The finished client process; a fresh one for each call, as a person would start it."""
        command = [self.client, "--no-defaults", f"--socket={self.socket}", "--user=root", f"--local-infile={int(local_infile)}", "--batch", "--raw"]
        command.append("--default-character-set=utf8mb4")
        return subprocess.run(command, input=sql, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)

    def rows(self, sql):
        done = self.run(sql)
        assert done.returncode == 0, done.stderr
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()[1:]]


def _find(*names):
    for name in names:
        if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"):
            return found
    pytest.fail(f"these tests need a MariaDB or MySQL server: none of {', '.join(names)} is installed (Debian: apt-get install mariadb-server)")


@pytest.fixture(scope="session")
def server():
    daemon, client = _find("mariadbd", "mysqld"), _find("mariadb", "mysql")
    with tempfile.TemporaryDirectory(prefix="moocdb-") as folder:  # short: a socket path has at most 107 bytes
        root = Path(folder)
        user = ["--user=root"] if os.geteuid() == 0 else []
        if "mariadb" in Path(daemon).name:
            plain = ["--auth-root-authentication-method=normal", "--skip-test-db"]
            setup = [_find("mariadb-install-db"), "--no-defaults", *user, *plain, f"--datadir={root}/data"]
        else:
            setup = [daemon, "--no-defaults", *user, "--initialize-insecure", f"--datadir={root}/data"]
        subprocess.run(setup, check=True, capture_output=True, timeout=120)
        options = ["--skip-networking", "--local-infile=1", "--innodb-buffer-pool-size=64M"]
        options += [f"--socket={root}/s", f"--pid-file={root}/pid", f"--tmpdir={root}"]
        with (root / "log").open("wb") as log:
            process = subprocess.Popen([daemon, "--no-defaults", *user, f"--datadir={root}/data", *options], stdout=log, stderr=log)
        try:
            made = Server(root / "s", client)
            _wait(made, process, root / "log")
            yield made
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait(server, process, log):
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the database server ended: {log.read_text(errors='replace')[-2000:]}")
        if server.run("SELECT 1").returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail("the database server does not answer")


@pytest.fixture
def database(server):
    """A name for a database of the test's own."""
    name = f"moocdb_test_{time.monotonic_ns()}"
    yield name
    server.run(f"DROP DATABASE IF EXISTS `{name}`")
