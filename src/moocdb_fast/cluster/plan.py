"""The plan of a scan by many machines: the files as they were, the options that shape shards, and who scans which ranges.

A plan is a function of the files and the options, so it is the same whoever makes it, and its digest names the scan. It holds no key.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..disk import write_whole
from ..errors import InputError, UsageError, cannot_read, cannot_write, show
from ..inputs import Input, Shard, changed, check, discover, fingerprint, of_each, shards
from ..options import SCAN_FIELDS, Options
from ..remote import Remote, place_of
from ..shards import shard_format

_FORMAT = 1
_MARK = "moocdb_fast_plan"
_AGAIN = "make the plan again with: python -m moocdb_fast shard plan"

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """An input as it was when the plan was made."""

    input: Input
    changed: int
    fingerprint: str

    def verify(self, *, closely: bool = True) -> None:
        """Refuse a file that is another one now; not `closely`, the time of the last change is believed."""
        item = self.input
        if isinstance(item.path, Remote):  # its tag says more than a sample of its bytes
            if item.path.look().tag != item.tag:
                raise _is_another(item)
            return
        try:
            size = item.path.stat().st_size
        except OSError as error:
            raise cannot_read(item.given, error) from error
        if size == item.size and not closely and changed(item) == self.changed:
            return
        if size != item.size or fingerprint(item) != self.fingerprint:
            raise _is_another(item)


def _is_another(item: Input) -> InputError:
    return InputError(f"{item.given} is not the file that it was when the plan was made", f"bring that one back, or {_AGAIN}")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one task of a cluster scans: paths and ranges. `plan` is the digest of the plan, `scan` its options by field."""

    plan: str
    index: int
    count: int
    shard_format: str
    scan: dict[str, Any]
    files: tuple[PlannedFile, ...]
    shards: tuple[Shard, ...]

    @property
    def name(self) -> str:
        """What its folder is called; names sort as numbers do."""
        return f"piece-{self.index:0{len(str(max(0, self.count - 1)))}d}"

    @property
    def bytes(self) -> int:
        """Decompressed bytes: an estimate for compressed files."""
        return sum(map(weight, self.shards))


def weight(shard: Shard) -> int:
    """How much there is to scan."""
    return shard.input.unpacked if shard.end is None else shard.end - shard.start


@dataclass(frozen=True)
class ShardPlan:
    """The plan. `pieces` hold indexes of `shards`."""

    files: tuple[PlannedFile, ...]
    scan: dict[str, Any]
    shard_format: str
    pieces: tuple[tuple[int, ...], ...]

    @cached_property
    def shards(self) -> list[Shard]:
        """The same that a run on one machine scans."""
        return shards([file.input for file in self.files], self.scan["shard_bytes"])

    @cached_property
    def digest(self) -> str:
        """Names the plan."""
        return hashlib.sha256(self.to_bytes()).hexdigest()[:32]

    def piece(self, index: int) -> Piece:
        """What is to be scanned for a piece."""
        if not 0 <= index < len(self.pieces):
            raise UsageError(f"there is no piece {index}: the plan has the pieces 0 to {len(self.pieces) - 1}", "choose one of them with --index")
        chosen = tuple(self.shards[i] for i in self.pieces[index])
        numbers = sorted({shard.input.number for shard in chosen})
        return Piece(self.digest, index, len(self.pieces), self.shard_format, self.scan, tuple(self.files[n - 1] for n in numbers), chosen)

    def to_bytes(self) -> bytes:
        """JSON; the same plan gives the same bytes."""
        files = [
            {
                "path": str(file.input.path),
                "name": file.input.name,
                "given": file.input.given,
                "size": file.input.size,
                "compression": file.input.compression,
                "changed": file.changed,
                "fingerprint": file.fingerprint,
            }
            | ({"tag": file.input.tag} if file.input.tag else {})
            for file in self.files
        ]
        ranges = [[[s.input.number, s.start, s.end] for s in (self.shards[i] for i in piece)] for piece in self.pieces]
        content = {_MARK: _FORMAT, "shard_format": self.shard_format, "options": self.scan, "inputs": files, "pieces": ranges}
        return json.dumps(content).encode() + b"\n"

    def write(self, path: Path) -> None:
        """Save it, whole or not at all."""
        if any(path.exists() and path.samefile(file.input.file) for file in self.files if not file.input.tag):
            raise UsageError(f"{show(path)} is among the logs: the plan would replace it", "choose another place with --out")
        try:
            write_whole(path, self.to_bytes())
        except OSError as error:
            raise cannot_write(path, error) from error

    @classmethod
    def read(cls, path: Path) -> ShardPlan:
        """A saved plan."""
        try:
            content = json.loads(path.read_bytes())
            if content[_MARK] != _FORMAT:
                raise InputError(f"{show(path)} was written by another version of moocdb_fast", _AGAIN)
            files = tuple(_file(number, values) for number, values in enumerate(content["inputs"], 1))
            scan = {name: content["options"][name] for name in SCAN_FIELDS}
            scan["courses"] = tuple(scan["courses"])
            found = cls(files, scan, content["shard_format"], ())
            index = {(s.input.number, s.start, s.end): s.index for s in found.shards}
            pieces = tuple(tuple(index[number, start, end] for number, start, end in piece) for piece in content["pieces"])
            if sorted(i for piece in pieces for i in piece) != list(range(len(index))):
                raise ValueError("its pieces are not the whole")
        except OSError as error:
            raise cannot_read(path, error) from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{show(path)} is no plan, or is damaged", _AGAIN) from error
        return replace(found, pieces=pieces)


def _file(number: int, values: dict[str, Any]) -> PlannedFile:
    item = Input(place_of(values["path"]), values["name"], number, values["size"], values["compression"], values["given"], tag=values.get("tag", ""))
    return PlannedFile(item, values["changed"], values["fingerprint"])


def make_plan(paths: Paths, pieces: int | None, options: Options, *, exclude: Sequence[Path | Remote] = ()) -> ShardPlan:
    """The plan of a scan of logs in a number of pieces (None: one per shard, within reason)."""
    if pieces is not None and pieces < 1:
        raise UsageError(f"--shards cannot be {pieces}: it must be a whole number of at least 1", "one per core of the cluster is a good beginning")
    found = discover((paths,) if isinstance(paths, str | os.PathLike) else paths, exclude=exclude)
    if pipe := next((item for item in found if item.pipe), None):
        raise UsageError(f"other machines cannot read {pipe.given}: it is a pipe", "save it to a file that they all see, and name that")
    check(found)
    found = [item if item.tag else replace(item, path=Path(os.path.abspath(item.file))) for item in found]  # noqa: PTH100 - a link keeps its own place
    # On other machines the file has another identity: it is told by its size and content.
    files = tuple(of_each(lambda item: PlannedFile(replace(item, identity=None), changed(item), fingerprint(item)), found))
    scan = {name: getattr(options, name) for name in SCAN_FIELDS}
    plan = ShardPlan(files, scan, shard_format(), ())
    return replace(plan, pieces=_deal(plan.shards, pieces or min(len(plan.shards), _MOST)))


_MOST = 4096  # tasks that an engine is given when nobody says how many


def _deal(units: Sequence[Shard], count: int) -> tuple[tuple[int, ...], ...]:
    """Shards to pieces of about equal weight: the largest first, each to the piece that has least."""
    pieces: list[list[int]] = [[] for _ in range(count)]
    least = [(0, number) for number in range(count)]
    for unit in sorted(units, key=lambda unit: (-weight(unit), unit.index)):
        load, number = heapq.heappop(least)
        pieces[number].append(unit.index)
        heapq.heappush(least, (load + weight(unit), number))
    return tuple(tuple(sorted(piece)) for piece in pieces)
