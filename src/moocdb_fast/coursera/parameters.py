"""The parameter dictionary of the published scripts, as a TOML file: source, core, target and options, with the published names."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..database.target import private_text
from ..errors import UsageError, show

SECTIONS: dict[str, dict[str, str]] = {
    "source": {
        "platform_format": "coursera_1 or coursera_2; checked against what the databases hold",
        "course_id": "number of the course; checked likewise where the databases tell it",
        "course_url_id": "`--course-url-id`",
        "host": "server of the three databases",
        "port": "its port",
        "user": "who logs in there",
        "password": "the password; only you may be able to read the file then",
        "hash_mapping_db": "name of the first database",
        "general_db": "of the second",
        "forum_db": "of the third",
    },
    "core": {name: "not used: the types are part of moocdb_fast" for name in ("host", "port", "user", "password", "db")},
    "target": {
        "host": "server to load into",
        "port": "its port",
        "user": "who logs in there",
        "password": "the password",
        "db": "database to load into, as with `--to`; without it nothing is loaded",
        "clean_db": "not used",
    },
    "options": {
        "log_path": "not used: summary.json tells what became of every row",
        "log_to_console": "false is `--quiet`",
        "debug": "true takes as many users as num_users_debug_mode says",
        "num_users_debug_mode": "`--sample-users`",
        "operations": "not used",
        "anonymize_output": "not used: users are pseudonyms always",
        "resume_using_progress_file": "not used",
    },
}
"""What each value is for."""
_FORMATS = {"coursera_1": 1, "coursera_2": 2}


@dataclass(frozen=True)
class Server:
    """A server and the login there."""

    host: str
    port: int
    user: str
    password: str | None


@dataclass(frozen=True)
class Parameters:
    """What a file says."""

    format: int | None = None
    course: int | None = None
    url_id: str | None = None
    server: Server | None = None
    databases: tuple[str, str, str] | None = None
    target: Server | None = None
    target_database: str | None = None
    quiet: bool = False
    sample: int | None = None


def read_parameters(path: Path) -> Parameters:
    """Read a file; names that the published scripts do not know are mistakes."""
    import tomllib

    try:
        content = tomllib.loads(private_text(path, "parameter file", only_with_password=True))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{show(path)} is not a TOML file: {error}", 'write sections such as [source] and values such as host = "localhost"'
        ) from error
    for section, values in content.items():
        _known(path, section, SECTIONS, "section")
        if not isinstance(values, dict):
            raise UsageError(f"{show(path)}: {section} must be a section", f"write: [{section}]")
        for name in values:
            _known(path, name, SECTIONS[section], f"value in [{section}]")
    source, target, options = (content.get(name, {}) for name in ("source", "target", "options"))
    databases = tuple(_text(path, source, name) for name in ("hash_mapping_db", "general_db", "forum_db"))
    if any(databases) and not all(databases):
        raise UsageError(f"{show(path)} does not name all three databases", "give hash_mapping_db, general_db and forum_db in [source]")
    return Parameters(
        format=_format(path, _text(path, source, "platform_format")),
        course=_number(path, source, "course_id"),
        url_id=_text(path, source, "course_url_id"),
        server=_server(path, source) if all(databases) else None,
        databases=databases if all(databases) else None,  # type: ignore[arg-type] # three texts
        target=_server(path, target) if target.get("db") else None,
        target_database=_text(path, target, "db"),
        quiet=options.get("log_to_console") is False,
        sample=_number(path, options, "num_users_debug_mode") if options.get("debug") else None,
    )


def _known(path: Path, name: str, known: dict[str, Any], what: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise UsageError(f"{show(path)} has an unknown {what} {name!r}", f"did you mean {near[0]}? Known: {', '.join(known)}")


def _format(path: Path, text: str | None) -> int | None:
    if text is None:
        return None
    if text not in _FORMATS:
        raise UsageError(f"{show(path)}: platform_format cannot be {text!r}", f"choose from {', '.join(_FORMATS)}, or leave it out")
    return _FORMATS[text]


def _text(path: Path, values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{show(path)}: {name} must be a text in quotes", f'write: {name} = "{value}"')
    return value or None


def _number(path: Path, values: dict[str, Any], name: str) -> int | None:
    value = values.get(name)
    if isinstance(value, str):
        if not value.strip():
            return None
        value = int(value) if value.strip().isdecimal() else value
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise UsageError(f"{show(path)}: {name} must be a number", f"write: {name} = 1")
    return value


def _server(path: Path, values: dict[str, Any]) -> Server:
    port = _number(path, values, "port")
    host, user = _text(path, values, "host"), _text(path, values, "user")
    if user is None:
        raise UsageError(f"{show(path)} does not say who logs in", 'write: user = "name", in the section of the server')
    password = values.get("password")
    return Server(host or "localhost", 3306 if port is None else port, user, None if password is None else str(password))
