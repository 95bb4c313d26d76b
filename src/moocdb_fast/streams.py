"""Bytes out of files: plain ranges, and gzip, bzip2, xz and zstandard streams of any number of members.

A reader never raises for damaged data. It gives every byte that can be decoded, ends, and says in `damage` what is wrong.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import zstandard

from .remote import Reader, Remote

_gzip: ModuleType = zlib
try:
    from isal import isal_zlib

    _gzip = isal_zlib
except ImportError:  # a platform without isal: the same results, more slowly
    pass

_PIECE = 256 * 1024  # decoded bytes handed on at a time, whatever the data claims to expand to


def _feed_zlib(decoder: Any, data: bytes) -> Iterator[bytes]:
    while True:
        piece = decoder.decompress(data, _PIECE)
        if piece:
            yield piece
        data = decoder.unconsumed_tail
        if decoder.eof or (not data and len(piece) < _PIECE):
            return


def _feed_bounded(decoder: Any, data: bytes) -> Iterator[bytes]:
    while True:
        piece = decoder.decompress(data, _PIECE)
        if piece:
            yield piece
        data = b""
        if decoder.eof or decoder.needs_input:
            return


def _feed_zstd(decoder: Any, data: bytes) -> Iterator[bytes]:
    piece = decoder.decompress(data)
    if piece:
        yield piece


@dataclass(frozen=True)
class Codec:
    """A compression. `chunk` is how much is read at a time; `padding` says that zero bytes may follow a member."""

    name: str
    magics: tuple[bytes, ...]
    new: Callable[[], Any]
    feed: Callable[[Any, bytes], Iterator[bytes]]
    errors: tuple[type[Exception], ...]
    chunk: int = 64 * 1024
    padding: bool = False


def _errors(module: ModuleType) -> tuple[type[Exception], ...]:
    return (module.error, zlib.error, EOFError)


CODECS: dict[str, Codec] = {
    "gz": Codec("gzip", (b"\x1f\x8b",), lambda: _gzip.decompressobj(wbits=31), _feed_zlib, _errors(_gzip), padding=True),
    "bz2": Codec("bzip2", (b"BZh",), bz2.BZ2Decompressor, _feed_bounded, (OSError, ValueError, EOFError)),
    "xz": Codec(
        "xz",
        (b"\xfd7zXZ\x00",),
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=512 * 1024 * 1024),
        _feed_bounded,
        (lzma.LZMAError, EOFError),
        padding=True,
    ),
    # A block of a few bytes may stand for 128 KiB and the library gives all it has: small reads keep that bounded.
    "zst": Codec(
        "zstandard",
        (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + i]) + b"\x2a\x4d\x18" for i in range(16))),
        lambda: zstandard.ZstdDecompressor().decompressobj(),
        _feed_zstd,
        (zstandard.ZstdError,),
        chunk=4 * 1024,
    ),
}
"""By file suffix."""


def codec_of(head: bytes) -> str:
    """The compression that these first bytes of a file announce, or nothing."""
    return next((suffix for suffix, codec in CODECS.items() if head.startswith(codec.magics)), "")


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a file from another that has taken its name."""

    device: int
    number: int
    changed: int

    @classmethod
    def of(cls, info: os.stat_result) -> Identity:
        return cls(info.st_dev, info.st_ino, info.st_mtime_ns)

    def is_another(self, other: Identity) -> bool:
        """Whether these are two files. Some network file systems number a file anew each time they meet it, so its time counts too."""
        return (self.device, self.number) != (other.device, other.number) and self.changed != other.changed


class Stream(io.RawIOBase):
    """A readable stream of decompressed bytes; `damage` is known once the end is reached."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__()
        self.damage: str | None = None
        self._size = size  # as it was when the run began: a file that grows is not followed
        self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

    @property
    def identity(self) -> Identity:
        """Of the file that is read."""
        return Identity.of(os.fstat(self._handle))

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()

    def _pread(self, count: int, position: int) -> bytes:
        """Bytes of the file below its size at the start; nothing, and a damage, when the disk fails or the file shrank."""
        count = min(count, self._size - position)
        if count <= 0:
            return b""
        try:
            data = os.pread(self._handle, count, position)
        except OSError as error:
            self.damage = f"cannot be read behind byte {position}: {os.strerror(error.errno or 0)}"
            return b""
        if not data:
            self.damage = _shrank(position, self._size)
        return data


def _shrank(position: int, size: int) -> str:
    return f"became shorter while it was read: {position} of {size} bytes are left"


class PlainStream(Stream):
    """The bytes of a plain file from `start` to `end`."""

    def __init__(self, path: Path, size: int, start: int, end: int | None) -> None:
        super().__init__(path, size)
        self._position = start
        self._end = size if end is None else min(end, size)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._end - self._position)]
        if not len(view):
            return 0
        try:
            count = os.preadv(self._handle, [view], self._position)
        except OSError as error:
            self.damage = f"cannot be read behind byte {self._position}: {os.strerror(error.errno or 0)}"
            self._end = self._position
            return 0
        if not count:
            self.damage = _shrank(self._position, self._size)
            self._end = self._position
        self._position += count
        return count


class CompressedStream(Stream):
    """The decompressed bytes of a file of one or more compressed members."""

    def __init__(self, path: Path, size: int, compression: str) -> None:
        super().__init__(path, size)
        self._decode(compression)

    def _decode(self, compression: str) -> None:
        """Begin at the front."""
        self._codec = CODECS[compression]
        self._next = 0  # position behind what was read of the file
        self._pieces = self._members()
        self._piece = memoryview(b"")

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if not len(view):
            return 0
        if not len(self._piece):
            self._piece = memoryview(next(self._pieces, b""))
        count = min(len(view), len(self._piece))
        view[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _read(self) -> bytes:
        data = self._pread(self._codec.chunk, self._next)
        self._next += len(data)
        return data

    def _members(self) -> Iterator[bytes]:
        data = self._read()
        while True:
            start, done, decoder = self._next - len(data), 0, self._codec.new()
            while not decoder.eof:
                if not data:
                    self.damage = self.damage or f"the {self._codec.name} data breaks off"
                    return
                chunk_start = self._next - len(data)
                try:
                    for piece in self._codec.feed(decoder, data):
                        done += len(piece)
                        yield piece
                except self._codec.errors:
                    self.damage = f"the {self._codec.name} data is corrupt near byte {chunk_start} of the file"
                    yield from self._rescue(start, chunk_start, done)
                    return
                data = b"" if decoder.eof else self._read()
            data = self._padding(decoder.unused_data or self._read())
            if not data:
                return
            if not data.startswith(self._codec.magics):
                self.damage = f"something else follows the {self._codec.name} data"
                return

    def _padding(self, data: bytes) -> bytes:
        """What follows a member, without zero bytes that pad it, and long enough to tell what it is."""
        if self._codec.padding:
            while data and not data.strip(b"\0"):
                data = self._read()
            data = data.lstrip(b"\0")
        if 0 < len(data) < 8:
            data += self._read()
        return data

    def _rescue(self, start: int, bad: int, done: int) -> Iterator[bytes]:
        """What a decoder could have given of the chunk at `bad` before it failed.

        It fails with all it had in hand, so the member is decoded again, up to that chunk, and the chunk byte by byte.
        """
        decoder, position = self._codec.new(), start
        try:
            while position < bad + self._codec.chunk:
                data = self._pread(min(self._codec.chunk, bad - position) if position < bad else 1, position)
                if not data or decoder.eof:
                    return
                position += len(data)
                for piece in self._codec.feed(decoder, data):
                    skipped = min(done, len(piece))
                    done -= skipped
                    if skipped < len(piece):
                        yield piece[skipped:]
        except self._codec.errors:
            return


class _Object(Stream):
    """What lies in a store. What goes wrong there is an InputError: no part of it is taken for the whole."""

    def __init__(self, place: Remote, size: int, tag: str, until: int | None) -> None:
        io.RawIOBase.__init__(self)
        self.damage = None
        self._size = size
        self._reader = Reader(place, size, tag, size if until is None else min(until, size))

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        io.RawIOBase.close(self)

    def _pread(self, count: int, position: int) -> bytes:
        return bytes(self._reader.read(count, position))


class _PlainObject(_Object):
    def __init__(self, place: Remote, size: int, tag: str, start: int, end: int | None, until: int | None) -> None:
        super().__init__(place, size, tag, until)
        self._position = start
        self._end = size if end is None else min(end, size)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")[: max(0, self._end - self._position)]
        data = self._reader.read(len(view), self._position) if len(view) else b""
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


class _CompressedObject(_Object, CompressedStream):
    def __init__(self, place: Remote, size: int, tag: str, compression: str, until: int | None) -> None:
        _Object.__init__(self, place, size, tag, until)
        self._decode(compression)


def open_object(place: Remote, size: int, tag: str, compression: str, start: int = 0, end: int | None = None, until: int | None = None) -> Stream:
    """A reader of the decompressed bytes of the object that is known by its tag. `until` is where reading will end, if that is known,
    in bytes of the object."""
    if not compression:
        return _PlainObject(place, size, tag, start, end, until)
    return _CompressedObject(place, size, tag, compression, until)


def open_stream(path: Path, size: int, compression: str, start: int = 0, end: int | None = None) -> Stream:
    """A reader of the decompressed bytes of a file; only plain files can be read in part."""
    if not compression:
        return PlainStream(path, size, start, end)
    if start or end is not None:
        raise ValueError("a compressed file is read whole")
    return CompressedStream(path, size, compression)
