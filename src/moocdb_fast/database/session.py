"""A connection to the server: statements in, rows out, and errors that say what to do."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import mysql.connector
from mysql.connector.connection import MySQLConnection

from ..errors import DatabaseError, MoocdbError
from ..sql import SQL_MODE
from .target import Ask, Target

DENIED = (1045, 1698)
LOCAL_FORBIDDEN = (1148, 3948, 3950, 4166)
LOCK_WAIT = 1205
_LOST = (2006, 2013, 2055, 3024, 1053, 1927, 1180, 4031, 1317, 1094)
_UNREACHABLE = (2002, 2003, 2005)
_FULL = (1021, 1114, 1135, 3)
_PRIVILEGE = (1044, 1142, 1227, 1370, 1410)
_DAY = 24 * 3600
_BROKEN = (OSError, AttributeError, IndexError, TypeError, ValueError, struct.error)
"""What the connector lets through when the server breaks off in the middle of an answer."""

_SETTINGS = f"SET SESSION sql_mode = '{SQL_MODE}', time_zone = '+00:00', net_read_timeout = 600, net_write_timeout = 600, wait_timeout = "


class Session:
    """A connection that is logged in. `files` is the only folder whose files LOAD DATA LOCAL may send; without it, it is off. The
    server ends the connection when it hears nothing for `idle` seconds."""

    def __init__(self, target: Target, *, files: Path | None = None, answer_within: int | None = None, idle: int = _DAY) -> None:
        self.target = target
        with _errors(target):
            self._connection = MySQLConnection(**_config(target, files))
        try:
            if target.tls == "required" and not self._connection.is_secure:
                raise DatabaseError(f"{target.server} does not speak TLS", "switch TLS on there, or say --tls preferred if the way to it is safe")
            self.run(f"{_SETTINGS}{idle}")
            self.id = int(self.value("SELECT CONNECTION_ID()"))
        except MoocdbError:
            self.close()
            raise
        self.answer_within(answer_within)

    def answer_within(self, seconds: int | None) -> None:
        """How long the server may take for a statement; None: for ever."""
        self._connection.read_timeout = seconds

    def run(self, statement: str) -> int:
        """Run a statement that returns no rows; how many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement, with `%s` for each value."""
        with self._cursor() as cursor:
            cursor.execute(statement, tuple(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def stream(self, statement: str, size: int = 10_000) -> Iterator[list[tuple[bytes | None, ...]]]:
        """The rows of a statement, some at a time, every value as the server prints it. Nothing else can be asked before the last of them."""
        with _errors(self.target):
            cursor: Any = self._connection.cursor(raw=True)
            cursor.execute(statement)
        while True:
            with _errors(self.target):
                some = cursor.fetchmany(size)
            if not some:
                break
            yield some
        with _errors(self.target):
            cursor.close()

    def value(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The first cell of a result; None when it has no rows."""
        found = self.rows(statement, values)
        return found[0][0] if found else None

    @contextmanager
    def prepared(self) -> Iterator[Callable[[str, Sequence[Any]], int]]:
        """Runs statements with `?` for each value; the server reads a statement anew only when it is another one."""
        with _errors(self.target):
            cursor = self._connection.cursor(prepared=True)

        def run(statement: str, values: Sequence[Any]) -> int:
            with _errors(self.target):
                cursor.execute(statement, tuple(values))
                return int(cursor.rowcount)

        yield run  # what goes wrong out there is not of the connector
        with _errors(self.target):
            cursor.close()

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with _errors(self.target):
            cursor = self._connection.cursor()
            yield cursor
            cursor.close()

    def abort(self) -> None:
        """Break the connection off, from another thread too: what waits on it fails at once."""
        self._connection.shutdown()

    def close(self) -> None:
        """Log out."""
        with suppress(mysql.connector.Error, *_BROKEN):
            self._connection.read_timeout = 1
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def log_in(target: Target, ask: Ask | None = None) -> Target:
    """Try the login once. If the server refuses and no password was given, ask for one."""
    try:
        Session(target).close()
    except DatabaseError as error:
        password = ask(target) if ask and target.password is None and errno_of(error) in DENIED else None
        if password is None:
            raise
        target = target.with_password(password)
        Session(target).close()
    return target


def errno_of(error: DatabaseError) -> int:
    """The number of the server's error behind an error; 0: none."""
    cause = error.__cause__
    return int(cause.errno or 0) if isinstance(cause, mysql.connector.Error) else 0


def _config(target: Target, files: Path | None) -> dict[str, Any]:
    place = {"unix_socket": target.socket} if target.socket else {"host": target.host, "port": target.port}
    tls: dict[str, Any] = {"ssl_disabled": True} if target.tls == "off" or target.socket else {}
    if target.tls == "verify" and not target.socket:
        tls = {"ssl_ca": target.tls_ca or None, "ssl_verify_cert": True, "ssl_verify_identity": True}
    return {
        **place,
        **tls,
        "user": target.user,
        "password": target.password or "",
        "charset": "utf8mb4",
        "collation": "utf8mb4_general_ci",  # known to both servers; the default of MySQL 8 is not
        "autocommit": True,
        "connection_timeout": target.timeout,
        "allow_local_infile": False,
        "allow_local_infile_in_path": str(files) if files else None,
    }


@contextmanager
def _errors(target: Target) -> Iterator[None]:
    """Errors of the connector as ours."""
    try:
        yield
    except mysql.connector.Error as error:
        raise _explained(error, target) from error
    except _BROKEN as error:
        raise _lost(target) from error


def _lost(target: Target) -> DatabaseError:
    return DatabaseError(f"the connection to {target.server} is lost", "see whether the server is up, and run the same command again")


def _explained(error: mysql.connector.Error, target: Target) -> DatabaseError:
    number = error.errno or 0
    if number in DENIED:
        given = "the password is wrong, or" if target.password else "no password was given, or"
        return DatabaseError(
            f"{target.server} refuses user {target.user!r}: {given} this user may not log in from here",
            "check user and password; the password comes from --password-file, --defaults-file, MOOCDB_FAST_PASSWORD or the terminal",
        )
    if number == 2026 or isinstance(error.__cause__, ssl.SSLError) or (not number and "SSL" in str(error.msg)):
        return DatabaseError(f"no TLS connection to {target.server}: {_reason(error)}", "check --tls and --tls-ca")
    if number in _UNREACHABLE:
        why = "it did not answer in time" if isinstance(error, mysql.connector.errors.ConnectionTimeoutError) else _reason(error)
        return DatabaseError(f"there is no database server at {target.server}: {why}", "check host and port, and whether the server is up")
    if isinstance(error, mysql.connector.errors.ConnectionTimeoutError):
        return DatabaseError(f"{target.server} did not answer within {target.timeout} s", "check host and port: is that a database server?")
    if isinstance(error, mysql.connector.errors.ReadTimeoutError | mysql.connector.errors.WriteTimeoutError):
        return DatabaseError(f"{target.server} has stopped answering", "see whether the server is up, and run the same command again")
    if number in _LOST or number < 0:
        return _lost(target)
    if number in _PRIVILEGE:
        hint = f"as administrator: GRANT ALL ON `{target.database}`.* TO this user"
        return DatabaseError(f"user {target.user!r} may not do this in database {target.database!r}: {_reason(error)}", hint)
    if number in _FULL:
        return DatabaseError(f"the disk of {target.server} is full", "make room there and run the same command again")
    if number == 1040:
        return DatabaseError(f"{target.server} has too many connections", "try again later, or with --connections 1")
    if number == 1153:
        return DatabaseError("a row is longer than the server takes", "as administrator: SET GLOBAL max_allowed_packet = 1073741824")
    if number:
        return DatabaseError(f"{target.server} answers with error {number}{_told(error)}", "the number is explained in the manual of the server")
    return DatabaseError(f"{target.server} gave an answer that makes no sense here", "is that a MySQL or MariaDB server? Check host and port")


def _told(error: mysql.connector.Error) -> str:
    """What the server says, unless it may quote a value: values may be what learners wrote."""
    quotes = (error.sqlstate or "").startswith(("22", "23")) or error.errno in (1366, 1300, 1064)
    return "" if quotes else f": {_reason(error)}"


def _reason(error: mysql.connector.Error) -> str:
    return " ".join(str(error.msg).split())
