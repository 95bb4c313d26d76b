"""From arguments to inputs and shards: files, folders, patterns, pipes, in one canonical order (rules, section 1)."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

from .errors import InputError, cannot_read, show, writing
from .remote import Remote, Seen, each, is_pattern, is_uri, matching, place_of
from .streams import CODECS, Identity, Stream, codec_of, open_object, open_stream

_COMPRESSED = re.compile(rf"\.({'|'.join(CODECS)})$", re.IGNORECASE)
_LOG_NAME = re.compile(rf".+\.(json|jsonl|log([-.]\d[\w.-]*?)?)(\.({'|'.join(CODECS)}))?", re.IGNORECASE | re.DOTALL)
_STDIN, _STDIN_NAME = "-", "stdin"
STATE_MARK = ".moocdb_fast.state"
"""A file that marks a folder as the state of an appended output: it holds no logs, whatever its files are called."""
_HEAD = 4096
_SNIFF = 64 * 1024
_SNIFF_MOST = 4 * 1024 * 1024
_OBJECT = re.compile(rb'\{[ \t]*\\?"')
_TRY = "name a tracking log: a file of one JSON object per line, as .json .log .jsonl, plain or .gz .bz2 .xz .zst"

Kind = Literal["log", "empty", "other"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `name` is canonical; `number` counts from 1 in canonical order; `size` is that of the file as it lies there,
    at the time of discovery; `pipe` says that it must be spooled before it can be read."""

    path: Path | Remote
    name: str
    number: int
    size: int
    compression: str
    given: str
    pipe: bool = False
    identity: Identity | None = None
    """Of the file, if it must still be the same one when it is opened."""
    tag: str = ""
    """Of an object in a store: it must be the same one whenever it is opened, also on another machine."""

    @property
    def unpacked(self) -> int:
        """Decompressed bytes: an estimate for compressed inputs."""
        return self.size * (_EXPANSION if self.compression else 1)

    @property
    def file(self) -> Path:
        """Where a file lies that is no object."""
        assert isinstance(self.path, Path)
        return self.path

    def open_stream(self, start: int = 0, end: int | None = None, *, until: int | None = None) -> Stream:
        """A reader of the decompressed bytes (`start` and `end`: plain files only). `until` says where the caller will stop, as far as it knows:
        nothing behind that is fetched from a store ahead of time."""
        if isinstance(self.path, Remote):
            return open_object(self.path, self.size, self.tag, self.compression, start, end, until)
        try:
            stream = open_stream(self.path, self.size, self.compression, start, end)
            if self.identity is not None and stream.identity.is_another(self.identity):
                stream.close()
                raise InputError(f"{self.given} was replaced by another file while the run read it", "run again when nothing moves or renames logs")
        except OSError as error:
            raise cannot_read(self.given, error) from error
        return stream


@dataclass(frozen=True, slots=True)
class Shard:
    """A piece of work: the lines of an input that begin at or behind `start` and before `end` (None: to the end)."""

    index: int
    input: Input
    start: int
    end: int | None

    @property
    def name(self) -> str:
        """What files of the shard are named after."""
        return f"{self.input.number:06d}-{self.start:016d}"


def longest_first(shard: Shard) -> int:
    """A sort key: one big compressed file, which is a single shard, must not be the last to start."""
    return -shard.input.size if shard.end is None else 0


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path | Remote
    name: str


def discover(arguments: Iterable[str | os.PathLike[str]], *, exclude: Sequence[Path | Remote] = (), skipped: list[str] | None = None) -> list[Input]:
    """The inputs that the arguments name, in canonical order, each file once.

    A folder is searched with its sub-folders for files named like logs; `exclude` are folders to leave out (the output),
    `skipped` collects the files that were passed over because of their names. A file is taken whatever its name.
    """
    if isinstance(arguments, str | os.PathLike):
        arguments = (arguments,)
    found = [item for argument in arguments for item in _expand(os.fspath(argument), exclude, skipped)]
    if not found:
        raise InputError("no input was named", _TRY)
    found.sort(key=_canonical)
    looked = _look({item.path: None for item in found if isinstance(item.path, Remote)})
    inputs: list[Input] = []
    seen: set[object] = set()
    for item in found:
        path, number = item.path, len(inputs) + 1
        made = _take(item, path, number, looked, seen) if isinstance(path, Remote) else _examine(item, path, number, seen)
        if made is not None:
            inputs.append(made)
    return inputs


def _canonical(item: _Found) -> tuple[bytes, bytes]:
    full = item.path.place if isinstance(item.path, Remote) else os.path.abspath(item.path)  # noqa: PTH100 - a link keeps its own place
    return os.fsencode(_COMPRESSED.sub("", item.name)), os.fsencode(full)


def _expand(argument: str, exclude: Sequence[Path | Remote], skipped: list[str] | None) -> list[_Found]:
    if argument == _STDIN:
        return [_Found(Path(_STDIN), _STDIN_NAME)]
    if not argument or "\0" in argument:
        raise InputError("an input has an empty or impossible name", _TRY)
    path = place_of(argument)
    if isinstance(path, Remote):
        return _expand_remote(path, [place for place in exclude if isinstance(place, Remote)], skipped)
    if is_uri(argument):
        argument = os.fspath(path)
    try:
        info = path.stat()
    except OSError as error:
        matches = sorted(glob.glob(argument, recursive=True)) if glob.has_magic(argument) else []  # noqa: PTH207 - patterns may be absolute
        if not matches:
            raise cannot_read(path, error) from error
        return [item for match in matches for item in _expand(match, exclude, skipped)]
    if not stat.S_ISDIR(info.st_mode):
        return [_Found(path, path.name)]
    found = _walk(path, [place for place in exclude if isinstance(place, Path)], skipped)
    if not found:
        raise _no_logs(show(path))
    return found


def _no_logs(folder: str) -> InputError:
    hint = "logs are files named .json .log .jsonl, plain or .gz .bz2 .xz .zst; name other files one by one"
    return InputError(f"there are no logs in the folder {folder}", hint)


def _expand_remote(place: Remote, exclude: Sequence[Remote], skipped: list[str] | None) -> list[_Found]:
    """The same for an object, a folder of objects or a pattern."""
    if place.is_object():
        return [_Found(place, place.name)]
    if is_pattern(place):
        below = matching(place)
        if not below:
            raise InputError(f"nothing in the store fits {place.shown}", "check the pattern; * stops at a slash and ** does not")
        named = [_Found(one, one.name) for one, name in below if not name]
        return named + _logs([(one, name) for one, name in below if name], exclude, skipped)
    folder = place.path.rstrip("/")
    found = _logs([(one, one.path[len(folder) :].lstrip("/")) for one, _ in place.objects()], exclude, skipped)
    if not found:
        raise _no_logs(place.shown)
    return found


def _logs(objects: Sequence[tuple[Remote, str]], exclude: Sequence[Remote], skipped: list[str] | None) -> list[_Found]:
    """Those among the objects below a folder that are named like logs, as `_walk` finds files."""
    states = [place.path.removesuffix(STATE_MARK) for place, _ in objects if place.name == STATE_MARK]
    found: list[_Found] = []
    for place, name in objects:
        hidden = any(part.startswith(".") for part in name.split("/")) or place.path.startswith(tuple(states))
        if hidden or any(folder.holds(place) for folder in exclude):
            continue
        if _LOG_NAME.fullmatch(place.name):
            found.append(_Found(place, name))
        elif skipped is not None:
            skipped.append(place.shown)
    return found


def _walk(root: Path, exclude: Sequence[Path], skipped: list[str] | None) -> list[_Found]:
    """Logs below a folder. Links to folders are followed last and each real folder is entered once, so link loops end and
    a file keeps the name of its real place."""
    left_out = {_identity(folder) for folder in exclude if folder.is_dir()}
    found: list[_Found] = []
    folders, links = deque([(root, "")]), deque[tuple[Path, str]]()
    entered: set[tuple[int, int]] = set()
    while folders or links:
        folder, prefix = folders.popleft() if folders else links.popleft()
        identity = _identity(folder)
        if identity in entered or identity in left_out:
            continue
        entered.add(identity)
        entries = _entries(folder)
        if any(entry.name == STATE_MARK for entry in entries):
            continue
        for entry in entries:
            name = prefix + entry.name
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append((folder / entry.name, name + "/"))
            elif _LOG_NAME.fullmatch(entry.name):
                found.append(_Found(folder / entry.name, name))
            elif skipped is not None:
                skipped.append(show(folder / entry.name))
    return found


def _identity(path: Path) -> tuple[int, int]:
    try:
        info = path.stat()
    except OSError as error:
        raise cannot_read(path, error) from error
    return info.st_dev, info.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A link that leads nowhere is none; what its name promises is told when it is opened."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise cannot_read(folder, error) from error


_Looked = Mapping[Remote, tuple[Seen, bytes]]


def _look(places: Iterable[Remote]) -> _Looked:
    """What objects are, and how they begin."""

    def look(place: Remote) -> tuple[Seen, bytes]:
        seen = place.look()
        return seen, b"".join(place.blocks([(0, min(_HEAD, seen.size))], seen.tag))

    places = list(places)
    return dict(zip(places, each(look, places), strict=True)) if places else {}


def _take(item: _Found, place: Remote, number: int, looked: _Looked, seen: set[object]) -> Input | None:
    """The input of an object; None when it was met before."""
    if place in seen:
        return None
    seen.add(place)
    about, head = looked[place]
    name = _COMPRESSED.sub("", item.name)
    return Input(place, name, number, about.size, _compression_of(head, place.name), place.shown, tag=about.tag)


def _examine(item: _Found, path: Path, number: int, seen: set[object]) -> Input | None:
    """The input of a file; None when the same file was met before."""
    given = show(path)
    if item.name == _STDIN_NAME and str(path) == _STDIN:
        made = Input(path, item.name, number, 0, "", given, pipe=True)
        identity = (-1, -1)
    else:
        try:
            info = path.stat()
        except OSError as error:
            raise cannot_read(path, error) from error
        identity = (info.st_dev, info.st_ino)
        name = _COMPRESSED.sub("", item.name)
        if stat.S_ISFIFO(info.st_mode):
            made = Input(path, name, number, 0, "", given, pipe=True)
        elif stat.S_ISREG(info.st_mode):
            made = Input(path, name, number, info.st_size, _compression(path), given, identity=Identity.of(info))
        elif path.samefile(os.devnull):
            made = Input(path, name, number, 0, "", given)
        else:
            raise InputError(f"{given} is a device or a socket, not a file", _TRY)
    if identity in seen:
        return None
    seen.add(identity)
    return made


def _compression(path: Path) -> str:
    """By the first bytes, whatever the name; a name that promises a compression is believed unless the bytes are plain JSON."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise cannot_read(path, error) from error
    return _compression_of(head, path.name)


def _compression_of(head: bytes, name: str) -> str:
    found = codec_of(head)
    if not found and (suffix := _COMPRESSED.search(name)) and not (_OBJECT.search(head) and b"\0" not in head):
        return suffix[1].lower()
    return found


def spool(item: Input, folder: Path) -> Input:
    """Copy what comes through standard input or a FIFO to a file in `folder`; other inputs are returned as they are."""
    if not item.pipe:
        return item
    target = folder / f"pipe-{item.number}"
    try:
        source = _standard_input() if item.name == _STDIN_NAME and item.path == Path(_STDIN) else os.open(item.file, os.O_RDONLY)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {item.given}: it is closed", _TRY) from error
    with os.fdopen(source, "rb") as reader, writing(target), target.open("xb") as writer:
        while data := _read(reader, item):
            writer.write(data)
    return replace(item, path=target, size=target.stat().st_size, compression=_compression(target), pipe=False)


def _standard_input() -> int:
    if sys.stdin is None:
        raise ValueError("closed")
    return os.dup(sys.stdin.fileno())


def _read(reader: BinaryIO, item: Input) -> bytes:
    try:
        return reader.read(1 << 20)
    except OSError as error:
        raise cannot_read(item.given, error) from error


def shards(inputs: Sequence[Input], shard_bytes: int) -> list[Shard]:
    """Plain files in ranges of `shard_bytes`, compressed ones whole; an empty file is one empty shard, so that it is counted."""
    plan: list[Shard] = []
    for item in inputs:
        if item.compression:
            plan.append(Shard(len(plan), item, 0, None))
            continue
        for start in range(0, max(item.size, 1), shard_bytes):
            plan.append(Shard(len(plan), item, start, min(start + shard_bytes, item.size)))
    return plan


def sniff(item: Input) -> Kind:
    """What the beginning of an input looks like: a log (some line holds a JSON object), nothing, or something else."""
    head = b""
    with item.open_stream(until=_SNIFF) as stream:
        while len(head) < _SNIFF or (not head.strip(b"\0 \t\r\n\xef\xbb\xbf") and len(head) < _SNIFF_MOST):
            data = stream.read(_SNIFF)
            if not data:
                break
            head += data
    if _OBJECT.search(head):
        return "log"
    return "other" if head.strip(b" \t\r\n\xef\xbb\xbf") else "empty"


def check(inputs: Sequence[Input]) -> None:
    """Refuse inputs of which none holds anything, and any that clearly is no log. Pipes must have been spooled before."""
    kinds = list(zip(inputs, of_each(sniff, inputs), strict=True))
    strangers = [item for item, kind in kinds if kind == "other"]
    if strangers:
        more = f" (and {len(strangers) - 1} more)" if len(strangers) > 1 else ""
        raise InputError(f"{strangers[0].given}{more} is no tracking log: no line of it holds a JSON object", _TRY)
    if all(kind == "empty" for _, kind in kinds) and not any(item.compression and damaged(item) for item in inputs):
        what = inputs[0].given if len(inputs) == 1 else f"each of the {len(inputs)} inputs"
        raise InputError(f"there is nothing to read: {what} is empty", _TRY)


def damaged(item: Input) -> str | None:
    """The damage that shows at the very beginning of a compressed file: one that gives no byte at all."""
    with item.open_stream(until=_SNIFF) as stream:
        return stream.damage if not stream.read(1) else None


def changed(item: Input) -> int:
    """When a file was last written to, in nanoseconds."""
    if isinstance(item.path, Remote):
        return item.path.changed()
    try:
        return item.path.stat().st_mtime_ns
    except OSError as error:
        raise cannot_read(item.given, error) from error


def fingerprint(item: Input) -> str:
    """Tells files apart without reading all of them: SHA-256 of the size and of 16 blocks of 64 KiB spread evenly."""
    block = min(64 * 1024, item.size)
    starts = [(item.size - block) * index // 15 for index in range(16)]
    digest = hashlib.sha256(b"%d\n" % item.size)
    for data in _sample(item, starts, block):
        digest.update(data)
    return f"sample-sha256:{digest.hexdigest()}"


def _sample(item: Input, starts: Sequence[int], size: int) -> Iterator[bytes]:
    if isinstance(item.path, Remote):
        yield from item.path.blocks([(start, start + size) for start in starts], item.tag)
        return
    try:
        with item.path.open("rb") as file:
            for start in starts:
                file.seek(start)
                yield file.read(size)
    except OSError as error:
        raise cannot_read(item.given, error) from error


def of_each(work: Callable[[Input], T], inputs: Sequence[Input]) -> list[T]:
    """`work` on each input, in order; on objects of a store many at a time."""
    return each(work, inputs) if any(isinstance(item.path, Remote) for item in inputs) else [work(item) for item in inputs]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would read; `unpacked` is an estimate for compressed inputs (which expand about twelvefold)."""

    inputs: tuple[Input, ...]
    shards: int
    bytes: int
    unpacked: int
    skipped: tuple[str, ...] = ()


_EXPANSION = 12


def describe(arguments: Iterable[str | os.PathLike[str]], shard_bytes: int, *, exclude: Sequence[Path | Remote] = ()) -> Plan:
    """The plan of a run, without reading the inputs beyond their first bytes."""
    skipped: list[str] = []
    inputs = discover(arguments, exclude=exclude, skipped=skipped)
    if files := [item for item in inputs if not item.pipe]:
        check(files)
    total = sum(item.size for item in inputs)
    unpacked = sum(item.unpacked for item in inputs)
    return Plan(tuple(inputs), len(shards(inputs, shard_bytes)), total, unpacked, tuple(skipped))
