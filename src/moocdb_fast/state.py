"""What an appended output keeps for the next append: the shards of the logs that are in it.

    <state>/.moocdb_fast.state          marks the folder as ours; locked while a run uses it
    <state>/<digest>.index              what the output was made of; `run.state` of its summary.json names it
    <state>/<digest>.pending            the same of an output that was not yet published when the run wrote it
    <state>/shards/<run>/<shard>/       shard folders as the scan wrote them

The folder holds user names and answers: mode 0700, never in the output. The index of a new output is on the disk before the output is
published and the old one is removed after that, so whenever a run dies, the summary that is there names an index that is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .contents import EMPTY, contents
from .disk import link, sync, sync_tree, write_whole
from .errors import InputError, OutputError, UsageError, cannot_write, show
from .identities import pseudonym
from .ids import Digests, GivenIds
from .inputs import STATE_MARK, Input, changed, fingerprint, of_each
from .interrupts import held
from .ledger import InputReport
from .locks import FolderLock
from .options import FIELDS, Options, option_name
from .past import Past
from .publish import Staging
from .shards import ShardResult, scanned_files, shard_format

SHARDS, INDEX, PENDING = "shards", ".index", ".pending"
_FREE = ("formats", "spreadsheet_safe", "max_rejects", "max_reject_rate")  # options that change no row
_AGAIN = "translate all logs again, with --append, into a new output folder"
_KEY_CHECK = b"state"  # no actor is called that


@dataclass
class Taken:
    """An input that is in the output. `content` is the SHA-256 of its decompressed bytes; `folders` are its shards, below SHARDS,
    with the sizes of their files."""

    name: str
    given: str
    size: int
    changed: int
    compression: str
    fingerprint: str
    content: str
    damage: str | None = None
    folders: dict[str, dict[str, int]] = field(default_factory=dict)

    def report(self) -> InputReport:
        """What the summary says of it, but for the counts."""
        return InputReport(self.name, self.given, self.size, self.fingerprint, self.compression, self.damage)

    @property
    def itself(self) -> str:
        """Tells contents apart. Logs of days without events are all alike; their names tell them apart."""
        return f"{EMPTY} {self.name}" if self.content == EMPTY else self.content


@dataclass
class Index:
    """What an output was made of, and how."""

    format: str
    key: str
    options: dict[str, Any]
    inputs: list[Taken] = field(default_factory=list)
    ids: dict[str, Digests] = field(default_factory=dict)  # by course folder

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Index:
        """ValueError, KeyError or TypeError when it is none."""
        values = json.loads(content)
        index = cls(**values)
        index.inputs = [Taken(**one) for one in values["inputs"]]
        index.ids = {folder: {name: (count, digest) for name, (count, digest) in tables.items()} for folder, tables in values["ids"].items()}
        return index


class State(Past):
    """The state folder of an output, in use by this run."""

    def __init__(self, folder: Path, staging: Staging, options: Options, key: bytes) -> None:
        super().__init__()
        self.folder, self.out, self._staging, self._options = folder, staging.out, staging, options
        self._index = Index(shard_format(), pseudonym(key, _KEY_CHECK), _compared(options))
        self._earlier = 0  # inputs that were there
        self._given: dict[str, GivenIds] = {}
        self._lock = FolderLock(folder / STATE_MARK, mode=0o700)

    # ---------------------------------------------------------------- opening and closing

    def __enter__(self) -> Self:
        try:
            with held():
                self._open_folder()
                self._open_index()
        except OSError as error:
            self._close()
            raise cannot_write(self.folder, error, "--state") from error
        except BaseException:
            self._close()
            raise
        return self

    def _open_folder(self) -> None:
        if self.folder.exists() and not (self.folder / STATE_MARK).exists() and any(self.folder.iterdir()):
            raise OutputError(f"the state folder {show(self.folder)} holds other files", "choose another with --state")
        try:
            self._lock.take()
        except BlockingIOError as error:
            hint = "wait for it to end, or choose another with --state"
            raise OutputError(f"another run uses the state folder {show(self.folder)}", hint) from error
        self.folder.chmod(0o700)
        (self.folder / SHARDS).mkdir(mode=0o700, exist_ok=True)

    def _open_index(self) -> None:
        """Find the index of the output that is there, and remove what runs that died have left."""
        digest = self._published()
        if digest is None:
            if any(self.folder.glob(f"*{INDEX}")):
                raise OutputError(
                    f"the state folder {show(self.folder)} belongs to an output that is not in {show(self.out)}",
                    "bring that output back; or remove the state folder, choose another with --state, and begin anew with all logs",
                )
            self._remove_others("", Index("", "", {}))
            return
        if not digest:
            raise OutputError(f"the output in {show(self.out)} was not made with --append, so nothing can be added to it", _AGAIN)
        earlier = self._load(digest)
        self._compare(earlier)
        self._index.inputs, self._index.ids = earlier.inputs, earlier.ids
        self._earlier = len(earlier.inputs)
        self._check_files()
        self._remove_others(digest, earlier)

    def _published(self) -> str | None:
        """The index that the output's summary names: "" if it names none, None if there is no output."""
        summary = self._staging.summary()
        return None if summary is None else str(summary["run"].get("state") or "")

    def _load(self, digest: str) -> Index:
        for suffix in (INDEX, PENDING):
            try:
                content = (self.folder / f"{digest}{suffix}").read_bytes()
            except FileNotFoundError:
                continue
            if _name(content) != digest:
                raise self._damaged(f"{digest}{suffix} has changed")
            return Index.from_bytes(content)
        raise OutputError(
            f"the state folder {show(self.folder)} does not hold what the output in {show(self.out)} was made of",
            f"name the right one with --state; if it is lost, {_AGAIN}",
        )

    def _damaged(self, what: str) -> OutputError:
        return OutputError(f"the state folder {show(self.folder)} is damaged: {what}", f"bring it back from a copy, or {_AGAIN}")

    def _compare(self, earlier: Index) -> None:
        """Refuse what would make tables of two kinds of shards, or of two keys."""
        if earlier.format != self._index.format:
            raise OutputError(f"the state folder {show(self.folder)} was written by another version of moocdb_fast", f"use that version, or {_AGAIN}")
        if earlier.key != self._index.key:
            raise InputError(f"the output in {show(self.out)} was made with another pseudonym key", "name that key with --key-file")
        for name, value in self._index.options.items():
            if earlier.options[name] != value:
                was, now = (json.dumps(options[name], ensure_ascii=False) for options in (earlier.options, self._index.options))
                hint = f"use the same options, or {_AGAIN}"
                raise UsageError(f"--{name} is {now}, but was {was} when the output in {show(self.out)} was made", hint)

    def _check_files(self) -> None:
        for taken in self._index.inputs:
            for name, sizes in taken.folders.items():
                path = self.folder / SHARDS / name
                if not path.is_dir() or scanned_files(path) != sizes:
                    raise self._damaged(f"the shard {name} is not as it was written")

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            with suppress(OSError, OutputError):
                self._forget_unpublished()
        self._close()

    def _forget_unpublished(self) -> None:
        """This run failed: remove what it kept, unless its output is on its way."""
        if not self._staging.publishing():
            digest = self._published() or ""
            self._remove_others(digest, self._load(digest) if digest else Index("", "", {}))

    def _close(self) -> None:
        with held():
            used = any(path.suffix in (INDEX, PENDING) for path in self.folder.iterdir()) if self._lock.taken else True
            if self._lock.made and not used:
                shutil.rmtree(self.folder / SHARDS, ignore_errors=True)
                self._lock.release()
            else:
                self._lock.release(keep=True)

    # ---------------------------------------------------------------- inputs

    def earlier(self) -> list[InputReport]:
        return [taken.report() for taken in self._index.inputs[: self._earlier]]

    def take(self, found: Sequence[Input]) -> tuple[list[Input], list[InputReport], list[str]]:
        seen = {(t.name, t.size, t.changed, t.fingerprint) for t in self._index.inputs}
        marks = of_each(lambda item: (item.name, item.size, changed(item), fingerprint(item)), found)
        read = [n for n, mark in enumerate(marks) if mark not in seen]
        content = dict(zip(read, contents([found[n] for n in read], self._options.processes), strict=True))
        known, names = {t.itself for t in self._index.inputs}, {t.name for t in self._index.inputs}
        fresh: list[Input] = []
        for n, item in enumerate(found):
            if n not in content:
                continue
            taken = Taken(item.name, item.given, item.size, marks[n][2], item.compression, marks[n][3], content[n])
            if taken.itself in known:
                continue
            if item.name in names and item.name != "stdin":
                self.warnings.append(f"{item.name}: another input of this name is in the output; lines that both hold are counted as duplicates")
            known.add(taken.itself)
            self._index.inputs.append(taken)
            fresh.append(replace(item, number=len(self._index.inputs)))
        self._warn_of_order()
        read_now = {item.path for item in fresh}
        return fresh, [t.report() for t in self._index.inputs[self._earlier :]], [item.given for item in found if item.path not in read_now]

    def _warn_of_order(self) -> None:
        names = [taken.name for taken in self._index.inputs]
        for before, after in pairwise(names):
            if os.fsencode(after) < os.fsencode(before):
                self.warnings.append(f"{after} was appended after {before}: ids follow the order of appending, not that of the names")
                return

    def results(self, folder: Path) -> list[ShardResult]:
        found = []
        for name in (name for taken in self._index.inputs[: self._earlier] for name in taken.folders):
            source, target = self.folder / SHARDS / name, folder / Path(name).name
            _link_shard(source, target)
            found.append(ShardResult(target))
        return found

    def ids(self, folder: str) -> GivenIds:
        return GivenIds(self._index.ids.get(folder))

    def note_ids(self, folder: str, ids: GivenIds | None) -> None:
        if ids is not None:
            self._given[folder] = ids

    # ---------------------------------------------------------------- the next run

    def keep(self, results: Sequence[ShardResult], reports: Sequence[InputReport]) -> str:
        batch = secrets.token_hex(8)
        try:
            for result in results:
                number = result.about["input"]
                if number > self._earlier:
                    name = f"{batch}/{result.folder.name}"
                    _link_shard(result.folder, self.folder / SHARDS / name)
                    self._index.inputs[number - 1].folders[name] = scanned_files(result.folder)
            sync_tree(*(self.folder / SHARDS).glob(batch))
            sync(self.folder / SHARDS)
            for taken, report in zip(self._index.inputs, reports, strict=True):
                taken.damage = report.damage
            self._index.ids = {folder: given.now for folder, given in self._given.items()}
            content = self._index.to_bytes()
            write_whole(self.folder / f"{_name(content)}{PENDING}", content)
        except OSError as error:
            raise cannot_write(self.folder, error, "--state") from error
        return _name(content)

    def settle(self) -> None:
        try:
            self._remove_others(self._published() or "", self._index)
        except OSError as error:
            raise cannot_write(self.folder, error, "--state") from error

    def _remove_others(self, digest: str, index: Index) -> None:
        """Remove every index but that of the published output ("": there is none), then every shard that it does not need."""
        if (self.folder / f"{digest}{PENDING}").exists():
            (self.folder / f"{digest}{PENDING}").replace(self.folder / f"{digest}{INDEX}")
            sync(self.folder)
        for path in [*self.folder.glob(f"*{INDEX}*"), *self.folder.glob(f"*{PENDING}*")]:
            if path.name != f"{digest}{INDEX}":
                path.unlink()
        sync(self.folder)
        needed = {name.split("/")[0] for taken in index.inputs for name in taken.folders}
        for path in (self.folder / SHARDS).iterdir():
            if path.name not in needed:
                shutil.rmtree(path)


def _compared(options: Options) -> dict[str, Any]:
    """The options that shape rows or shards."""
    chosen = [name for name, field in FIELDS.items() if field.metadata["tables"] and name not in _FREE]
    values = options.to_dict()
    return {option_name(name): values[option_name(name)] for name in (*chosen, "payloads")}


def _name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _link_shard(source: Path, target: Path) -> None:
    """A shard folder in another place, without what merging and placing have put into it."""
    target.mkdir(parents=True)
    for name in scanned_files(source):
        link(source / name, target / name)
