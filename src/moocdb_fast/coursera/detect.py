"""From what a person names (three files, a folder, an archive) to the dumps of one course; other exports are recognised and refused."""

from __future__ import annotations

import lzma
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import InputError, UsageError, cannot_read, cannot_write, show
from ..streams import CODECS, codec_of, open_stream
from .dump import DumpFile, DumpSource

_SQL = re.compile(rf"\.sql(\.({'|'.join(CODECS)}))?$", re.IGNORECASE)
_CLICKSTREAM = re.compile(r"clickstream[\w.-]*\.(gz|json|jsonl)$", re.IGNORECASE)
_UNASKED = "unanonymizable"  # the fourth dump of an export: names and addresses of learners, nothing that has a place in MOOCdb
_ON_DEMAND_NAMES = {"setup.sql", "load.sql"}
_ON_DEMAND = re.compile(rb"\bcourse_branch(es|_\w+)\b|\bcourse_memberships\b|^\s*\\copy\s", re.IGNORECASE | re.MULTILINE)
_POSTGRES = re.compile(rb"^-- PostgreSQL database dump|^COPY\s+\S+\s*\(.*\)\s+FROM\s+stdin;", re.MULTILINE)
_HEAD = 256 * 1024
_THREE = "give the three dumps of one session: hash_mapping, anonymized_general and anonymized_forum"


@dataclass(frozen=True, slots=True)
class Role:
    """One of the three dumps: how its file is called and which tables tell it."""

    name: str
    option: str
    pattern: re.Pattern[str]
    tables: frozenset[str]


ROLES = (
    Role("hash mapping", "--hash-mapping", re.compile(r"hash_?mapping"), frozenset({"hash_mapping"})),
    Role("general", "--general", re.compile(r"general"), frozenset({"users", "access_groups", "quiz_metadata", "lecture_metadata"})),
    Role("forum", "--forum", re.compile(r"forum"), frozenset({"forum_posts", "forum_threads", "forum_forums"})),
)


def open_dumps(hash_mapping: str | os.PathLike[str], general: str | os.PathLike[str], forum: str | os.PathLike[str]) -> DumpSource:
    """The course in three dumps, each plain or compressed. The same file may be named more than once."""
    given = [Path(hash_mapping), Path(general), Path(forum)]
    with ExitStack() as stack:
        opened: dict[Path, DumpFile] = {}
        for role, path in zip(ROLES, given, strict=True):
            if path not in opened:
                _refuse(path)
                opened[path] = stack.enter_context(DumpFile(path))
            _check_role(opened[path], role)
        source = DumpSource(list(opened.values()))
        stack.pop_all()
        return source


def open_export(path: str | os.PathLike[str]) -> DumpSource:
    """The course in a folder, a zip or tar archive, or one file that holds all three dumps. Its `clickstream` is the log that lies beside them."""
    path = Path(path)
    with ExitStack() as stack:
        try:
            folder = path.is_dir()
            archive = not folder and (zipfile.is_zipfile(path) or (not _SQL.search(path.name) and tarfile.is_tarfile(path)))
            head = b"" if folder else path.open("rb").read(1)
        except (OSError, EOFError) as error:
            raise cannot_read(path, error if isinstance(error, OSError) else OSError(str(error))) from error
        if archive:
            inside = stack.enter_context(_Extracted(path))
            found, names = inside.files, inside.names
        elif folder:
            found = _files_below(path)
            names = [file.name for file, _ in found]
        elif not head:
            raise InputError(f"{show(path)} is empty", _THREE)
        else:
            found, names = [(path, show(path))], [path.name]
        if set(names) >= _ON_DEMAND_NAMES:
            raise _on_demand(path)
        files = _choose([(file, name) for file, name in found if _SQL.search(file.name) or file == path], path, stack)
        logs = [file for file, _ in found if _CLICKSTREAM.search(file.name)]
        source = DumpSource(files, clickstream=logs[0] if len(logs) == 1 else None, keep=stack.pop_all())
        if len(logs) > 1:
            source.close()
            raise UsageError(f"there are {len(logs)} clickstream logs in {show(path)}", "leave one of them there, or name it with --clickstream")
        return source


def _choose(found: list[tuple[Path, str]], place: Path, stack: ExitStack) -> list[DumpFile]:
    """The files that hold the three dumps, by name or else by what they hold."""
    found = [(path, name) for path, name in found if _UNASKED not in path.name.lower()]
    by_name = [[each for each in found if role.pattern.search(_stem(each[0]))] for role in ROLES]
    if len(found) >= len(ROLES) and all(len(matches) == 1 for matches in by_name) and len({m[0][0] for m in by_name}) == len(ROLES):
        chosen = []
        for role, ((path, name),) in zip(ROLES, by_name, strict=True):
            _refuse(path, name)
            chosen.append(stack.enter_context(DumpFile(path, name)))
            _check_role(chosen[-1], role)
        return chosen
    opened = []
    for path, name in found:
        _refuse(path, name)
        opened.append(stack.enter_context(DumpFile(path, name)))
    chosen = []
    for role in ROLES:
        matches = [file for file in opened if not role.tables.isdisjoint(file.tables)]
        if not matches:
            raise InputError(f"{show(place)} holds no {role.name} dump", _THREE)
        if len(matches) > 1:
            some = ", ".join(file.given for file in matches[:3])
            raise UsageError(f"{show(place)} holds {len(matches)} {role.name} dumps: {some}", "name the dumps of one course with " + _options())
        if matches[0] not in chosen:
            chosen.append(matches[0])
    return chosen


def _stem(path: Path) -> str:
    return _SQL.sub("", path.name).lower()


def _options() -> str:
    return ", ".join(role.option for role in ROLES)


def _files_below(folder: Path) -> list[tuple[Path, str]]:
    def failed(error: OSError) -> None:
        raise cannot_read(error.filename or folder, error) from error

    found = []
    for root, folders, names in os.walk(folder, onerror=failed):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                found.append((path, show(path)))
    return found


def _check_role(file: DumpFile, role: Role) -> None:
    """Whether a file holds the tables of the dump it was given as."""
    if not role.tables.isdisjoint(file.tables):
        return
    is_of = next((other for other in ROLES if not other.tables.isdisjoint(file.tables)), None)
    if is_of:
        raise UsageError(f"{file.given} was given as the {role.name} dump, but is the {is_of.name} dump", f"give it with {is_of.option}")
    raise InputError(f"{file.given} is no {role.name} dump of a Coursera session course: it has none of its tables", _THREE)


def _refuse(path: Path, name: str | None = None) -> None:
    """Say what a file is that looks like an export but is another one."""
    name = name or show(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            compression = codec_of(file.read(16))
        with open_stream(path, size, compression) as stream:
            head = b""
            while len(head) < _HEAD and (data := stream.read(_HEAD - len(head))):
                head += data
    except OSError as error:
        raise cannot_read(path, error) from error
    if not head.strip():
        raise InputError(f"{name} is empty", _THREE)
    if _ON_DEMAND.search(head):
        raise _on_demand(path)
    if _POSTGRES.search(head):
        raise InputError(f"{name} is a dump of a PostgreSQL server; session courses were exported from MySQL", _THREE)
    if head.lstrip().startswith(b"<"):
        raise InputError(f"{name} is XML or HTML, not an SQL dump", "make the dump again without --xml; " + _THREE)


def _on_demand(path: Path) -> InputError:
    return InputError(
        f"{show(path)} is a research export of Coursera's on-demand platform (2016 and later): about a hundred CSV tables for PostgreSQL. "
        "It is not read here, only exports of session courses (2012-2015) are",
        _THREE,
    )


class _Extracted:
    """The dumps of an archive in a temporary folder, under names of our own; `files` are their paths and how messages call them."""

    def __init__(self, archive: Path) -> None:
        self.files: list[tuple[Path, str]] = []
        self.names: list[str] = []
        self._archive = archive

    def __enter__(self) -> _Extracted:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="moocdb-"))
        except OSError as error:
            raise cannot_write(tempfile.gettempdir(), error) from error
        try:
            for name, stream in _members(self._archive):
                self._take(name, stream)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, name: str, stream: IO[bytes] | None) -> None:
        base = PurePosixPath(name).name
        self.names.append(base)
        if stream is None or not (_SQL.search(base) or _CLICKSTREAM.search(base)) or _UNASKED in base.lower():
            return
        folder = self._folder / str(len(self.files))
        path = folder / re.sub(r"[^\w.-]", "_", base)
        try:
            folder.mkdir()
            with path.open("wb") as file:
                while data := stream.read(1 << 20):
                    try:
                        file.write(data)
                    except OSError as error:
                        raise cannot_write(tempfile.gettempdir(), error) from error
        except (OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
            raise _broken(self._archive, error) from error
        self.files.append((path, f"{show(self._archive)}/{show(name)}"))


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """The files in an archive, each with its bytes (None: they are encrypted or of a kind that cannot be read)."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as z:
                for info in z.infolist():
                    if not info.is_dir():
                        with z.open(info) as stream:
                            yield info.filename, stream
        else:
            with tarfile.open(archive) as t:
                for member in t:
                    if member.isfile():
                        yield member.name, t.extractfile(member)
    except (OSError, EOFError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise _broken(archive, error) from error


def _broken(archive: Path, error: Exception) -> InputError:
    if isinstance(error, OSError) and error.errno:
        return cannot_read(archive, error)
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return InputError(f"the archive {show(archive)} is encrypted", "unpack it, and name the folder")
    return InputError(f"the archive {show(archive)} is damaged or of a kind that cannot be read", "unpack it, and name the folder")
