"""A private MariaDB or MySQL server: its own data folder and socket, no network, gone afterwards. Also used by benchmarks/load.py."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import mysql.connector


class NoServer(Exception):
    """The programs of a server are not there, or it does not start."""


def find(*names):
    """The first of these programs that is installed."""
    for name in names:
        if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"):
            return found
    raise NoServer(f"a MariaDB or MySQL server is needed: none of {', '.join(names)} is installed (Debian: apt-get install mariadb-server)")


def free_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@dataclass
class PrivateServer:
    """A server in folder `root`, whose path must be short: that of a socket has at most 107 bytes."""

    root: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen | None = field(default=None, repr=False)

    def __post_init__(self):
        self.daemon, self.client = find("mariadbd", "mysqld"), find("mariadb", "mysql")
        self.socket = self.root / "s"
        self._user = ["--user=root"] if os.geteuid() == 0 else []
        if "mariadb" in Path(self.daemon).name:
            plain = ["--auth-root-authentication-method=normal", "--skip-test-db"]
            setup = [find("mariadb-install-db"), "--no-defaults", *self._user, *plain, f"--datadir={self.root}/data"]
        else:
            setup = [self.daemon, "--no-defaults", *self._user, "--initialize-insecure", f"--datadir={self.root}/data"]
        subprocess.run(setup, check=True, capture_output=True, timeout=120)

    def start(self):
        """Start it, and wait until it answers."""
        fixed = [f"--datadir={self.root}/data", f"--socket={self.socket}", f"--pid-file={self.root}/pid", f"--tmpdir={self.root}"]
        command = [self.daemon, "--no-defaults", *self._user, *fixed, "--skip-networking", "--local-infile=1", *self.options]
        with (self.root / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            if self.process.poll() is not None:
                raise NoServer(f"the database server ended: {(self.root / 'log').read_text(errors='replace')[-2000:]}")
            if self.run("SELECT 1").returncode == 0:
                return self
            time.sleep(0.05)
        self.stop()
        raise NoServer("the database server does not answer")

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(timeout=60)

    def stop(self):
        """Shut it down."""
        self.process.terminate()
        self.process.wait(timeout=120)

    def run(self, sql, *, cwd=None, local_infile=True):
        """The finished client process; a fresh one for each call, as a person would start it."""
        command = [self.client, "--no-defaults", f"--socket={self.socket}", "--user=root", f"--local-infile={int(local_infile)}", "--batch", "--raw"]
        command.append("--default-character-set=utf8mb4")
        return subprocess.run(command, input=sql, cwd=cwd, capture_output=True, text=True, timeout=3600, check=False)

    def rows(self, sql):
        """The rows of a query, as text."""
        done = self.run(sql)
        assert done.returncode == 0, done.stderr
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()[1:]]

    def connect(self, database=None):
        """A connection of the connector."""
        return mysql.connector.connect(unix_socket=str(self.socket), user="root", database=database, use_pure=True, charset="utf8mb4")

    def url(self, database, user="root"):
        """Where `load` finds a database of this server."""
        return f"mysql://{user}@localhost/{database}?socket={self.socket}"
