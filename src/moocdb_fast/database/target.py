"""Which database, as whom, and how: from a URL, an option file, a password file, the environment."""

from __future__ import annotations

import configparser
import getpass
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import InputError, UsageError, cannot_read, show
from ..private import read_private

Tls = Literal["preferred", "required", "verify", "off"]
TLS: tuple[Tls, ...] = get_args(Tls)
PASSWORDS = ("MOOCDB_FAST_PASSWORD", "MYSQL_PWD")
"""Environment variables that may hold the password, the first one that is set."""

_EXAMPLE = "write it as mysql://user@host:3306/database"
_NO_PASSWORD = "leave it out: you are asked for it on a terminal, or give --password-file, --defaults-file or " + PASSWORDS[0]
_SIZE_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """A database of a server and the way to log in there."""

    database: str
    user: str
    host: str = "localhost"
    port: int = 3306
    socket: str = ""  # path of a Unix socket; host and port do not matter then
    tls: Tls = "preferred"
    tls_ca: str = ""  # file with certificates; empty: those of the system
    password: str | None = field(default=None, repr=False)
    timeout: int = 10  # seconds to wait for the server to answer

    @property
    def server(self) -> str:
        """The server as messages name it."""
        if self.socket:
            return show(self.socket)
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def with_password(self, password: str) -> Target:
        """The same, with another password."""
        return replace(self, password=password)


def target_of(
    url: str,
    *,
    password: str | None = None,
    password_file: str | os.PathLike[str] | None = None,
    defaults_file: str | os.PathLike[str] | None = None,
    tls: Tls | None = None,
    tls_ca: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Target:
    """The database that a URL names. What the URL leaves open comes from the [client] section of the option file; the password from
    the argument, else the password file, the option file, the environment. Nothing in the URL ever is a password."""
    told = _from_url(url)
    values: dict[str, Any] = _option_file(Path(defaults_file)) if defaults_file is not None else {}
    if "host" in told:
        values.pop("socket", None)  # of another server
    values |= told
    if "user" not in values:
        values["user"] = _own_name()
    ca = os.fspath(tls_ca) if tls_ca is not None else values.pop("tls_ca", "")
    values["tls_ca"] = ca
    values["tls"] = _tls(tls or ("verify" if ca else "preferred"), ca)
    from_option_file = values.pop("password", None)
    if password is None and password_file is not None:
        password = private_text(Path(password_file), "password file").split("\n", 1)[0].removesuffix("\r")
    if password is None:
        password = from_option_file
    if password is None:
        password = next((environ[name] for name in PASSWORDS if name in environ), None)
    return Target(**values, password=password)


def _from_url(url: str) -> dict[str, Any]:
    """What a URL says. No message shows it: there might be a password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise UsageError("the database URL cannot be read", _EXAMPLE) from error
    if parts.scheme not in ("mysql", "mariadb"):
        raise UsageError("the database URL must start with mysql:// or mariadb://", _EXAMPLE)
    if parts.password is not None or "password" in query:
        raise UsageError("the database URL holds a password, which every user of this machine can read while the program runs", _NO_PASSWORD)
    database = unquote(parts.path.removeprefix("/"))
    if not database or "/" in database:
        raise UsageError("the database URL names no database", f"{_EXAMPLE}; it is made if it does not exist")
    if len(database) > 64 or not database.isprintable() or database != database.rstrip() or max(map(ord, database)) > 0xFFFF:
        raise UsageError("the database cannot have this name: at most 64 letters, without control characters", _EXAMPLE)
    if parts.fragment or set(query) - {"socket"}:
        raise UsageError("the database URL has parts that mean nothing here", "only ?socket=PATH may follow the name of the database")
    values = {"database": database, "user": unquote(parts.username or ""), "host": parts.hostname, "port": port, "socket": query.get("socket")}
    return {name: value for name, value in values.items() if value}


def _own_name() -> str:
    """What the machine calls whoever runs this; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise UsageError("the database URL names no user", _EXAMPLE) from error


def _tls(mode: str, ca: str) -> Tls:
    chosen = next((known for known in TLS if known == mode), None)
    if chosen is None:
        raise UsageError(f"--tls cannot be {mode!r}", f"choose from {', '.join(TLS)}")
    if ca and chosen != "verify":
        raise UsageError(f"--tls-ca checks certificates, but --tls {chosen} does not", "leave --tls out, or say --tls verify")
    if ca and not Path(ca).is_file():
        raise InputError(f"there is no file {show(ca)} with certificates", "give the file of your server's certificate authority with --tls-ca")
    return chosen


def _option_file(path: Path) -> dict[str, Any]:
    """Login data in the [client] section of a file such as ~/.my.cnf."""
    parser = configparser.RawConfigParser(
        allow_no_value=True, strict=False, delimiters=("=",), comment_prefixes=("#", ";"), empty_lines_in_values=False
    )
    text = private_text(path, "option file", only_with_password=True)
    try:
        # `!include` lines lead to other files, which are not read.
        parser.read_string("\n".join(line.strip() for line in text.splitlines() if not line.startswith("!")))
    except configparser.Error as error:
        raise InputError(f"the option file {show(path)} cannot be read as one", "write [client] on a line, then user = NAME, host = HOST") from error
    if not parser.has_section("client"):
        return {}
    known = {"user": "user", "host": "host", "port": "port", "socket": "socket", "password": "password", "ssl_ca": "tls_ca"}
    values: dict[str, Any] = {}
    for name, value in parser.items("client"):
        if (key := known.get(name.replace("-", "_"))) and value is not None:
            values[key] = _unquoted(value)
    if "port" in values:
        if not re.fullmatch("[0-9]{1,5}", values["port"]) or not 0 < int(values["port"]) < 1 << 16:
            raise InputError(f"the option file {show(path)} has a port that is no number from 1 to 65535", "write: port = 3306")
        values["port"] = int(values["port"])
    return values


_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "s": " "}


def _unquoted(value: str) -> str:
    """A value as MySQL's programs read it: quotes around it go, and in it `\\s` is a blank, `\\t` a tab and so on."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    elif value[:1] not in ("'", '"'):
        value = re.split(r"\s#", value, maxsplit=1)[0].rstrip()
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1] if match[1] in "\\\"'" else match[0]), value)


_SETS_PASSWORD = re.compile(rb"^\s*password\s*=", re.MULTILINE)


def private_text(path: Path, what: str, *, only_with_password: bool = False) -> str:
    """The text of a file that holds a password; others must not be able to read it. `only_with_password`: unless it sets none."""
    secret = (lambda content: _SETS_PASSWORD.search(content) is not None) if only_with_password else None
    try:
        return read_private(path, what, _SIZE_LIMIT, secret=secret).decode("utf-8")
    except OSError as error:
        raise cannot_read(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"the {what} {show(path)} is not a text in UTF-8", "write it anew, or name another file") from error


Ask = Callable[[Target], str | None]
"""Asks a person for the password of a login; None when nobody can be asked."""
