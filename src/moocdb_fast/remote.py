"""Places that a URI names: objects of a store (s3:// gs:// hdfs://), through pyarrow, which is imported when the first one is met.

An object is read in blocks, and after each the store is asked whether it is still the same object: what a block holds is never a mixture
of two. Everything that can go wrong is a MoocdbError that repeats no text of the store's, for that might hold a key.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from .errors import InputError, MoocdbError, OutputError, UsageError, escaped, writing

SCHEMES = ("s3", "gs", "gcs", "hdfs", "viewfs")
_URI = re.compile(rf"({'|'.join((*SCHEMES, 'file'))})://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"\?((?:\w+=[^?]*)?)$", re.DOTALL)
THREADS = "store"
"""How the names of threads begin that wait for a store."""
PROBE = ".moocdb_fast.probe-"
"""How the names of objects begin that only show that one can write."""
_KNOWN = ("endpoint_override", "scheme", "region")
_MAGIC = re.compile(r"[*?[]")
_AT_ONCE = 8
_BLOCK = 8 * 1024 * 1024
_SMALL = 64 * 1024
_COPY = 8 * 1024 * 1024
_CONNECT, _REQUEST = 5, 30  # seconds; each is tried three times
_SECRETS = "give them in the environment or in the store's own configuration (~/.aws/credentials), never on the command line"
_ANSWER = re.compile(r"(?:AWS Error |google::cloud::Status\()(\w+)(?: \(HTTP status (\d+)\))?")
_DENIED = {
    "PERMISSION_DENIED",
    "UNAUTHENTICATED",
    "ACCESS_DENIED",
    "INVALID_ACCESS_KEY_ID",
    "SIGNATURE_DOES_NOT_MATCH",
    "INVALID_CLIENT_TOKEN_ID",
    "MISSING_AUTHENTICATION_TOKEN",
}

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Remote:
    """An object, or a folder of objects (whatever begins with its path and a slash). `query` says how the store is reached."""

    scheme: str
    authority: str
    path: str
    query: str = ""

    def __str__(self) -> str:
        """The whole URI: another process finds the same object by it."""
        return f"{self.place}?{self.query}" if self.query else self.place

    @property
    def place(self) -> str:
        """The URI without what is only about the way there."""
        return f"{self.scheme}://{self.authority}/{self.path}"

    @property
    def shown(self) -> str:
        """The same, as it can be printed in one line."""
        return escaped(self.place.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def below(self, name: str) -> Remote:
        """What is called so in this folder."""
        return replace(self, path="/".join(filter(None, (self.path.rstrip("/"), name))))

    def holds(self, other: Remote) -> bool:
        """Whether that is this, or lies below it."""
        folder = self.path.rstrip("/")
        same = (self.scheme, self.authority) == (other.scheme, other.authority)
        return same and (not folder or other.path == folder or other.path.startswith(folder + "/"))

    # ---------------------------------------------------------------- one object

    def look(self) -> Seen:
        """The object as it is now; InputError when there is none."""
        with _reading(self), self._open() as file:
            return Seen.of(file)

    def changed(self) -> int:
        """When it was written, in nanoseconds."""
        with _reading(self):
            info = ask(lambda: self._store.get_file_info(self._key))
        if info.mtime_ns is None:
            raise _missing(self)
        return int(info.mtime_ns)

    def blocks(self, ranges: Sequence[tuple[int, int]], tag: str) -> list[bytes]:
        """Ranges of the object that is known by its tag, read at the same time."""
        with _reading(self), self._open() as file:
            found = each(lambda span: file.read_at(span[1] - span[0], span[0]), ranges)
        self.refuse_another(tag)
        return found

    def refuse_another(self, tag: str) -> None:
        if self.look().tag != tag:
            raise InputError(f"{self.shown} was replaced by another object while the run read it", "run again when nothing writes logs there")

    def content(self) -> bytes:
        """All of a small object."""
        with _reading(self), self._open() as file:
            data: bytes = ask(file.read)
        return data

    def fetch(self, target: Path) -> None:
        """The object as a file of this machine."""
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        with _reading(self), self._open() as reader, target.open("wb") as writer:
            while data := reader.read(_COPY):
                with writing(target):
                    writer.write(data)

    # ---------------------------------------------------------------- many

    def is_object(self) -> bool:
        """Whether there is an object of just this name. Nothing but that object is asked for: to list may be forbidden."""
        if not self.path or self.path.endswith("/"):
            return False
        with _reading(self):
            return bool(ask(lambda: self._store.get_file_info(self._key)).is_file)

    def objects(self) -> list[tuple[Remote, int]]:
        """All objects below this folder, with their sizes, in the order of their names; InputError when the bucket is not there."""
        from pyarrow.fs import FileSelector

        base, root = self._key.rstrip("/") or "/", replace(self, path="")._key.rstrip("/") + "/"
        with _reading(self):
            found = ask(lambda: self._store.get_file_info(FileSelector(base, recursive=True, allow_not_found=True)))
            if not found and not ask(lambda: self._store.get_file_info(root.rstrip("/") or "/")).type:
                raise InputError(f"there is no bucket {escaped(self.authority)}", "check the spelling; a bucket is not made here")
        made = [(replace(self, path=info.path.removeprefix(root)), int(info.size)) for info in found if info.is_file]
        return sorted(made, key=lambda one: one[0].path.encode("utf-8", "surrogateescape"))

    # ---------------------------------------------------------------- writing

    def put(self, source: Path, going_on: Callable[[int], bool] = lambda _size: True) -> None:
        """A file of this machine as the object, or the beginning of it: as long as `going_on`, which is told the bytes that are sent, says so."""
        with _writing(self), source.open("rb") as reader, self._store.open_output_stream(self._key, compression=None) as writer:
            while (data := reader.read(_COPY)) and going_on(len(data)):
                writer.write(data)

    def put_bytes(self, content: bytes) -> None:
        with _writing(self):
            ask(lambda: self._put_bytes(content))

    def _put_bytes(self, content: bytes) -> None:
        with self._store.open_output_stream(self._key, compression=None) as writer:
            writer.write(content)

    def probe(self) -> None:
        """Write something small to this folder and remove it."""
        place = self.below(f"{PROBE}{secrets.token_hex(4)}")
        place.put_bytes(b"")
        place.remove()

    def remove(self) -> None:
        """Remove the object, if it is there."""
        with _writing(self), suppress(FileNotFoundError):
            ask(lambda: self._store.delete_file(self._key))

    # ---------------------------------------------------------------- the store

    @property
    def _store(self) -> Any:
        return _filesystem(self.scheme, self.authority, self.query, os.getpid())

    @property
    def _key(self) -> str:
        """The path as the file system wants it."""
        if self.scheme in ("hdfs", "viewfs"):
            return f"/{self.path}"
        return "/".join(filter(None, (self.authority.rpartition("@")[2], self.path)))

    def _open(self) -> Any:
        return ask(lambda: self._store.open_input_file(self._key))


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found where an object lies. `tag` tells it from another one of that name."""

    size: int
    tag: str

    @classmethod
    def of(cls, file: Any) -> Seen:
        """Of an open object. Stores have tags; Hadoop has not, there a size must do."""
        about = {key.lower(): value for key, value in (file.metadata() or {}).items()}
        tag = about.get("generation") or about.get("etag") or about.get("last-modified") or b""
        size = int(file.size())
        return cls(size, f"{tag.decode(errors='replace') if isinstance(tag, bytes) else tag} {size}".strip())


class Reader:
    """The bytes of an object at any position; at its best from the front to the back.

    `until` is where whoever reads will stop, more or less: up to there the block behind the one in hand is fetched meanwhile.
    """

    def __init__(self, place: Remote, size: int, tag: str, until: int) -> None:
        self._place, self._size, self._tag, self._until = place, size, tag, until
        with _reading(place):
            self._file = place._open()
        if Seen.of(self._file).tag != tag:
            self._file.close()
            place.refuse_another(tag)
        self._pool = ThreadPoolExecutor(1, THREADS)
        self._tail = _SMALL
        self._start, self._block = 0, b""
        self._ahead: tuple[int, Future[bytes]] | None = None

    def read(self, count: int, position: int) -> memoryview:
        """At most so many bytes; none at the end."""
        if not self._start <= position < self._start + len(self._block):
            if position >= self._size:
                return memoryview(b"")
            self._start, self._block = position, self._next(position)
        offset = position - self._start
        return memoryview(self._block)[offset : offset + count]

    def _next(self, position: int) -> bytes:
        ahead, self._ahead = self._ahead, None
        future = ahead[1] if ahead is not None and ahead[0] == position else self._fetch(position)
        # The main thread waits here and not in the store's library: a signal is heard.
        block = future.result()
        behind = position + len(block)
        if behind < min(self._until, self._size):
            self._ahead = behind, self._fetch(behind)
        return block

    def _fetch(self, position: int) -> Future[bytes]:
        if position < self._until:
            want = min(_BLOCK, self._until - position)
        else:  # a last line is short, as a rule
            want, self._tail = self._tail, min(2 * self._tail, _BLOCK)
        return self._pool.submit(self._get, position, min(want, self._size - position))

    def _get(self, position: int, count: int) -> bytes:
        try:
            with _reading(self._place):
                data: bytes = self._file.read_at(count, position)
        finally:  # also of a read that failed: that the object has changed says more than what the store answered
            self._place.refuse_another(self._tag)
        if len(data) != count:
            raise InputError(f"{self._place.shown} gives fewer bytes than it has", "look at the store, and run again")
        return data

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._ahead is None or self._ahead[1].done():
            self._file.close()  # else it ends with the thread that reads it


# ---------------------------------------------------------------- from texts to places


def is_uri(text: str | os.PathLike[str]) -> bool:
    """Whether an argument names a place by a URI that is understood here, and no file."""
    return isinstance(text, str) and _URI.match(text) is not None


def place_of(text: str | os.PathLike[str]) -> Path | Remote:
    """What an argument names; `file://` is a path like others. UsageError for a URI that holds a password or says what is not known."""
    match = _URI.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return Path(text)
    scheme, authority, rest = match[1].lower(), match[2], match[3]
    if scheme == "file":
        if authority not in ("", "localhost"):
            raise UsageError("a file:// URI names a file of this machine", "write it with three slashes: file:///folder/file")
        return Path(unquote(rest, errors="surrogateescape"))
    path, query = _split(rest)
    _refuse_secrets(scheme, authority)
    if not authority and scheme != "viewfs":
        raise UsageError(f"a URI names no {'server' if scheme == 'hdfs' else 'bucket'}", f"write it as {scheme}://NAME/folder/")
    return Remote("gs" if scheme == "gcs" else scheme, authority, path.lstrip("/"), query)


def _split(rest: str) -> tuple[str, str]:
    """Path and query; a question mark may as well belong to a pattern."""
    match = _QUERY.search(rest)
    if match is None or not match[1]:
        return rest, ""
    pairs = parse_qsl(match[1], keep_blank_values=True)
    unknown = [name for name, value in pairs if name not in _KNOWN or "@" in value]
    if unknown:  # which is not repeated: it might be a key
        raise UsageError(f"behind the ? of a URI only {', '.join(_KNOWN)} can be said", f"credentials: {_SECRETS}")
    return rest[: match.start()], match[1]


def _refuse_secrets(scheme: str, authority: str) -> None:
    """A key may hold a slash, so what stands before it and has a colon may be the beginning of one, but for a host with its port."""
    user, at, host = authority.rpartition("@")
    hadoop = scheme in ("hdfs", "viewfs")
    name_of_nobody = hadoop or (scheme in ("gs", "gcs") and user == "anonymous")
    port = host.partition(":")[2]
    if (at and (":" in user or not name_of_nobody)) or (":" in host and not (hadoop and port.isdecimal())):
        raise UsageError("a URI holds a key or a password, which every user of this machine can read while the program runs", _SECRETS)


def matching(pattern: Remote) -> list[tuple[Remote, str]]:
    """The objects that a pattern names, each with its path below what was matched: nothing if that was the object itself."""
    parts = pattern.path.split("/")
    fixed = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    found = []
    for place, _ in replace(pattern, path="/".join(parts[:fixed])).objects():
        names = place.path.split("/")
        depth = next((n for n in range(1, len(names) + 1) if _fits(names[:n], parts)), 0)
        if depth:
            found.append((place, "/".join(names[depth:])))
    return found


def is_pattern(place: Remote) -> bool:
    return _MAGIC.search(place.path) is not None


def _fits(names: Sequence[str], parts: Sequence[str]) -> bool:
    """As glob does: `*` stops at a slash, `**` does not, and neither finds names that begin with a dot."""
    if not parts or parts == [""]:
        return not names
    if parts[0] == "**":
        visible = bool(names) and not names[0].startswith(".")
        return _fits(names, parts[1:]) or (visible and _fits(names[1:], parts))
    if not names or (names[0].startswith(".") and not parts[0].startswith(".")):
        return False
    return fnmatchcase(names[0], parts[0]) and _fits(names[1:], parts[1:])


# ---------------------------------------------------------------- stores


def ask(work: Callable[[], T]) -> T:
    """`work`, which waits for a store. The main thread waits for another that does it: a signal is heard then."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    pool = ThreadPoolExecutor(1, THREADS)
    try:
        return pool.submit(work).result()
    finally:
        pool.shutdown(wait=False)


def each(work: Callable[[T], U], things: Iterable[T]) -> list[U]:
    """`work` on many things at the same time, for each answer of a store takes its time; results in order."""
    pool = ThreadPoolExecutor(_AT_ONCE, THREADS)
    try:
        return list(pool.map(work, things))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@lru_cache(maxsize=16)
def _filesystem(scheme: str, authority: str, query: str, _process: int) -> Any:
    """The file system of a store. Its threads do not live on in a copy of the process, so each process has its own."""
    import pyarrow
    import pyarrow.fs as stores

    if scheme != "s3":
        patience = f"retry_limit_seconds={_REQUEST}" if scheme == "gs" else ""  # else it would try for a quarter of an hour
        told = "&".join(filter(None, (query, patience)))
        return stores.FileSystem.from_uri(f"{scheme}://{authority}/?{told}".rstrip("?"))[0]
    options = dict(parse_qsl(query))
    endpoint = options.get("endpoint_override") or _environ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    protocol, _, host = endpoint.rpartition("://")
    region = options.get("region") or _environ("AWS_REGION", "AWS_DEFAULT_REGION") or None
    if region is None and not endpoint:
        region = stores.resolve_s3_region(authority)
    return stores.S3FileSystem(
        endpoint_override=host.rstrip("/") or None,
        scheme=options.get("scheme") or protocol or None,
        region=region,
        connect_timeout=_CONNECT,
        request_timeout=_REQUEST,
        **({"allow_delayed_open": True} if int(pyarrow.__version__.partition(".")[0]) >= 21 else {}),  # small objects in one request
    )


def _environ(*names: str) -> str:
    return next(filter(None, map(os.environ.get, names)), "")


@contextmanager
def _reading(place: Remote) -> Iterator[None]:
    """What a store refuses to read becomes an InputError."""
    try:
        yield
    except MoocdbError:
        raise
    except FileNotFoundError as error:
        raise _missing(place) from error
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"cannot read {place.shown}: {_why(error)}", _hint(error)) from error


@contextmanager
def _writing(place: Remote) -> Iterator[None]:
    """What a store refuses to write becomes an OutputError."""
    try:
        yield
    except MoocdbError:
        raise
    except (OSError, ValueError, NotImplementedError) as error:
        raise OutputError(f"cannot write to {place.shown}: {_why(error)}", _hint(error)) from error


def _missing(place: Remote) -> InputError:
    return InputError(f"there is no object or folder {place.shown}", "check the spelling, also that of the bucket")


def _code(error: Exception) -> str:
    """The kind of an answer of the store, as it names it."""
    match = _ANSWER.search(str(error))
    return "" if match is None else match[1] if match[1] != "UNKNOWN" else f"status {match[2]}"


def _why(error: Exception) -> str:
    code = _code(error)
    if code in _DENIED or code == "status 403":
        return "the store does not let these credentials in"
    if code in ("NO_SUCH_BUCKET", "NOT_FOUND"):
        return "there is no such bucket"
    if code in ("RESOURCE_NOT_FOUND", "NO_SUCH_KEY"):
        return "there is no such object"
    if code in ("NETWORK_CONNECTION", "REQUEST_TIMEOUT", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
        return "the store does not answer"
    if isinstance(error, NotImplementedError) or "libhdfs" in str(error) or "libjvm" in str(error):
        return "what this kind of store needs is not installed"
    return f"the store answered {code}" if code else f"the store failed ({type(error).__name__})"


def _hint(error: Exception) -> str:
    why = _why(error)
    if "credentials" in why:
        return f"check the credentials and what they may do; {_SECRETS}"
    if "bucket" in why:
        return "check the spelling; a bucket is not made here"
    if "installed" in why:
        return "for hdfs:// Java and Hadoop's libhdfs must be found: set JAVA_HOME, HADOOP_HOME and CLASSPATH"
    if "does not answer" in why:
        return "check the network and the address of the store (?endpoint_override=HOST:PORT&scheme=http for one that is not Amazon's), and run again"
    return "check the address and the store"
