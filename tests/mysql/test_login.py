"""The password of a load: asked for on a terminal, from files, never shown."""

import fcntl
import os
import pty
import subprocess
import sys
import termios

import pytest
from privacy.watched import watched

from moocdb_fast.schema import TABLES

SECRET = "pa'ss\"wörd \\ #1"


@pytest.fixture
def guarded(server, database):
    """A database that only a user with a password may use."""
    quoted = SECRET.replace("\\", "\\\\").replace("'", "''")
    server.rows(f"CREATE OR REPLACE USER keeper@localhost IDENTIFIED BY '{quoted}'; GRANT ALL ON {database}.* TO keeper@localhost; SELECT 1")
    return server.url(database, "keeper")


def load(*words, terminal=None):
    """The finished process. With a terminal it has one, on which the password is typed."""
    command = [sys.executable, "-m", "moocdb_fast", "load", *map(str, words)]
    environment = {k: v for k, v in os.environ.items() if k not in ("MYSQL_PWD", "MOOCDB_FAST_PASSWORD")}
    if terminal is None:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=90, check=False)
    ours, theirs = pty.openpty()
    own_it = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # noqa: E731
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True, preexec_fn=own_it
    )
    asked = b""
    while not asked.endswith(b": "):
        part = process.stderr.read1()
        assert part, asked
        asked += part
    os.write(ours, terminal.encode() + b"\n")
    out, err = process.communicate(timeout=90)
    os.set_blocking(ours, False)
    try:
        shown = os.read(ours, 1000).decode()
    except BlockingIOError:
        shown = ""
    os.close(ours)
    os.close(theirs)
    return subprocess.CompletedProcess(command, process.returncode, out.decode(), asked.decode() + err.decode() + shown)


@pytest.mark.promise("P24")
def test_asked_for_on_the_terminal(guarded, course, outputs):
    done = load(outputs / "example", "--to", guarded, "--quiet", terminal=SECRET)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("Password of keeper at ")
    assert SECRET not in done.stderr
    assert course.tables() == set(TABLES)
    assert load(outputs / "example", "--to", guarded, "--quiet", terminal="wrong").returncode == 9


def test_whoever_types_the_end_of_the_input_gives_no_password(guarded, outputs):
    done = load(outputs / "example", "--to", guarded, terminal="\x04")
    assert (done.returncode, done.stdout) == (9, "")
    assert "no password was given" in done.stderr


@pytest.mark.promise("P24")
@pytest.mark.parametrize("kind", ["--password-file", "--defaults-file"])
def test_from_a_file(guarded, course, outputs, tmp_path, kind):
    text = SECRET + "\n" if kind == "--password-file" else "[client]\npassword = '" + SECRET.replace("\\", "\\\\") + "'\n"
    file = tmp_path / "secret"
    file.write_text(text)
    file.chmod(0o600)
    done = load(outputs / "example", "--to", guarded, kind, file)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert course.tables() == set(TABLES)
    file.chmod(0o644)
    done = load(outputs / "example", "--to", guarded, kind, file)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "chmod 600" in done.stderr


def test_without_a_terminal_nobody_is_asked(guarded, outputs):
    done = load(outputs / "example", "--to", guarded)
    assert (done.returncode, done.stderr.count("\n")) == (9, 1)
    assert "no password was given" in done.stderr


@pytest.mark.promise("P24")
@pytest.mark.parametrize("kind", ["file", "environment"])
def test_nobody_on_the_machine_sees_it(guarded, outputs, tmp_path, kind):
    """In no argument of the load or of what it starts, in nothing it says, in no file it leaves."""
    file = tmp_path / "password"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    words, environment = (("--password-file", file), {}) if kind == "file" else ((), {"MOOCDB_FAST_PASSWORD": SECRET})
    done = watched("load", outputs / "example", "--to", guarded, *words, place=tmp_path, **environment)
    assert done.code == 0, done.said
    file.unlink()
    assert done.seen
    assert not any(SECRET.encode() in said for said in (done.said, *done.seen))
    assert done.open_folders == set()
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
