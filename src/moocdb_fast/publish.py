"""The output folder: a lock, a staging folder in it, and renames at the end. summary.json comes last and is the commit mark."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .disk import disk_use, make_private, sync, sync_tree, write_whole
from .errors import OutputError, UsageError, cannot_write, show, writing
from .interrupts import held
from .ledger import RejectsWriter, Summary
from .locks import FolderLock
from .relations.tables import FILES, RESTRICTED
from .resume import has_marks
from .schema import EVENT_PAYLOADS, TABLES, USER_PII

LOCK, STAGING, SUMMARY, REJECTS = ".moocdb_fast.lock", ".moocdb_fast.staging", "summary.json", "rejects.jsonl"
JOURNAL = "publishing.json"
DATABASE = "moocdb.duckdb"
OURS = {
    SUMMARY,
    REJECTS,
    "moocdb.sql",
    DATABASE,
    f"{DATABASE}.wal",
    *(f"{t}.{suffix}" for t in TABLES for suffix in ("csv", "parquet")),
    *FILES.values(),
}
"""Names that a run writes; anything else in an output folder is left alone. No run leaves a write-ahead log of the DuckDB file, but
one that another program left must never be applied to a new file."""

_PRIVATE = {REJECTS, f"{USER_PII.name}.csv", f"{EVENT_PAYLOADS.name}.parquet", *RESTRICTED}
"""The same, in the restricted folder."""


class Staging:
    """Everything is written aside, brought to the disk, and renamed when it is complete.

    `append`: what is there stays until then, and an output that a dead run was publishing is completed first. `keep`: what was scanned
    stays when the run fails, and what an interrupted run has kept is there from the beginning. `work` is a folder for what is only for the
    time being, made here, if it is not to lie below `out`.
    """

    def __init__(
        self, out: Path, *, overwrite: bool, restricted: Path | None, append: bool = False, keep: bool = False, work: Path | None = None
    ) -> None:
        self.out, self._overwrite, self._restricted = out, overwrite, restricted
        self._append, self._keep = append, keep
        self.folder = out / STAGING
        self.work = work or self.folder / "work"
        self.shards = self.work / "shards"
        self.final = self.folder / "final"
        self.peak = 0
        self.ours = False  # whether this run has had the folder for itself
        self.published = False
        self._lock = FolderLock(out / LOCK)
        self._private_lock = None if restricted is None else FolderLock(restricted / LOCK, mode=0o700)

    def __enter__(self) -> Self:
        try:
            with held():
                _take(self._lock, self.out, "--out")
                self.ours = True
                if self._restricted is not None and self._private_lock is not None:
                    if self._restricted.exists() and self._restricted.samefile(self.out):
                        raise UsageError("--restricted names the output folder", "identities need a folder of their own, which only you can enter")
                    _take(self._private_lock, self._restricted, "--restricted")
                with writing(self.out):
                    self._prepare()
                if self._restricted is not None:
                    with writing(self._restricted, "--restricted"):
                        self._prepare_restricted(self._restricted)
        except BaseException:
            self._clean()
            raise
        return self

    def _end_dead_run(self) -> None:
        """Remove what a killed run left: its staging folder, and files that it was about to give their final names. An output
        that was appended to is completed instead: its state has gone on."""
        if self.publishing():
            journal = self._journal()
            if journal.append:
                self._bring_out(journal)
            else:
                self._take_back(journal)
        self._remove_staging()

    def publishing(self) -> bool:
        """Whether files are being given their final names: the old output is gone, the new one is not yet complete."""
        return (self.folder / JOURNAL).exists() and not (self.out / SUMMARY).exists()

    def _journal(self) -> _Journal:
        try:
            return _Journal.from_bytes((self.folder / JOURNAL).read_bytes())
        except (ValueError, TypeError, AttributeError) as error:
            hint = "it tells what a run that was killed left behind: remove it and the tables beside it, then translate again"
            raise OutputError(f"{show(self.folder / JOURNAL)} is damaged", hint) from error

    def kept(self) -> bool:
        """Whether something of this run is there for the next to go on from."""
        return self._keep and has_marks(self.shards)

    def _remove_staging(self) -> None:
        """Remove the staging folder, but for what is to be kept of it."""
        if not self.kept():
            shutil.rmtree(self.work, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        for path in [*self.folder.iterdir(), *self.work.iterdir()]:
            if path.is_dir() and path not in (self.work, self.shards):
                shutil.rmtree(path)
            elif not path.is_dir():
                path.unlink()

    def summary(self) -> dict[str, Any] | None:
        """The summary of the output that is there."""
        try:
            content: dict[str, Any] = json.loads((self.out / SUMMARY).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise OutputError(f"{show(self.out / SUMMARY)} is damaged", "bring it back from a copy, or translate again with --overwrite") from error
        return content

    def _prepare(self) -> None:
        self._end_dead_run()
        there = sorted(path.name for path in self.out.iterdir() if path.name not in (LOCK, STAGING) and not self._holds_only_restricted(path))
        if there and not self._overwrite and not (self._append and SUMMARY in there):
            what = "an earlier output" if SUMMARY in there or OURS & set(there) else "other files"
            raise OutputError(
                f"the output folder {show(self.out)} is not empty: it holds {what}",
                "add --overwrite to replace it, or choose another folder with --out",
            )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        make_private(self.work)
        self.final.mkdir()

    def _holds_only_restricted(self, path: Path) -> bool:
        """Whether nothing lies in a folder of the output but the restricted one, as a killed run leaves it."""
        if self._restricted is None or path.resolve() not in (self._restricted.resolve(), *self._restricted.resolve().parents):
            return False
        passing = {self._restricted_staging.resolve(), (self._restricted / LOCK).resolve()}
        return not any(file.is_file() and not passing & {file.resolve(), *file.resolve().parents} for file in path.rglob("*"))

    def _prepare_restricted(self, restricted: Path) -> None:
        restricted.chmod(0o700)
        shutil.rmtree(self._restricted_staging, ignore_errors=True)
        self._restricted_staging.mkdir(mode=0o700)

    @property
    def _restricted_staging(self) -> Path:
        assert self._restricted is not None
        return self._restricted / STAGING  # personal data never lies beside the tables, and a rename needs one file system

    def target(self, course: str) -> Path:
        """Where the tables of an output (folder "" is the only one) are staged."""
        folder = self.final / course if course else self.final
        folder.mkdir(exist_ok=True)
        return folder

    def restricted_target(self, course: str) -> Path | None:
        """Where identities of an output are staged, if they were asked for."""
        if self._restricted is None:
            return None
        folder = self._restricted_staging / course if course else self._restricted_staging
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @contextmanager
    def rejects(self) -> Iterator[list[RejectsWriter]]:
        """Writers of rejects.jsonl: one without, and in the restricted folder one with the beginnings of lines."""
        writers = [RejectsWriter(self.final / REJECTS)]
        if self._restricted is not None:
            writers.append(RejectsWriter(self._restricted_staging / REJECTS, starts=True))
        try:
            yield writers
        finally:
            for writer in writers:
                writer.close()

    def measure(self) -> None:
        """Note how much disk the run uses now."""
        apart = 0 if self.work.is_relative_to(self.folder) else disk_use(self.work)
        self.peak = max(self.peak, disk_use(self.folder) + apart)

    def publish(self, summary: Summary) -> None:
        """Bring everything to its final name: the old commit mark goes first, the new one comes last."""
        with writing(self.out):
            if not self._keep:
                shutil.rmtree(self.work)
            earlier = self._earlier_folders()
            summary.write(self.folder / SUMMARY)
            journal = _Journal(self._append, {folder / name for folder in earlier for name in OURS}, _files(self.final))
            if self._restricted is not None:
                journal.restricted = str(self._restricted.resolve())
                journal.private, journal.fresh_private = {folder / name for folder in earlier for name in _PRIVATE}, _files(self._restricted_staging)
                with writing(self._restricted, "--restricted"):
                    sync_tree(self._restricted_staging)
            sync_tree(self.final)
            with held():
                write_whole(self.folder / JOURNAL, journal.to_bytes())
                (self.out / SUMMARY).unlink(missing_ok=True)
                sync(self.out)
                self._bring_out(journal)
                self.published = True

    def _bring_out(self, journal: _Journal) -> None:
        """Give everything its final name, or what has not got it yet."""
        if self._restricted is not None and journal.restricted == str(self._restricted.resolve()) and self._restricted_staging.exists():
            with writing(self._restricted, "--restricted"):
                _move(self._restricted_staging, self._restricted, journal.private, journal.fresh_private)
        _move(self.final, self.out, journal.ours, journal.fresh)
        (self.folder / SUMMARY).replace(self.out / SUMMARY)
        try:
            sync(self.out)
        except OSError:
            if not self._append:  # whether it would outlast the machine is not known: it is taken back; an append is completed by the next run
                (self.out / SUMMARY).unlink(missing_ok=True)
            raise

    def _take_back(self, journal: _Journal) -> None:
        """Remove what has got its final name, and what is left of the output that was to be replaced."""
        for name in journal.ours | journal.fresh:
            _remove(self.out, name)
        if self._restricted is not None and journal.restricted == str(self._restricted.resolve()):
            for name in journal.private | journal.fresh_private:
                _remove(self._restricted, name)

    def _earlier_folders(self) -> list[Path]:
        """The folders of the output that this one replaces."""
        try:
            summary = self.summary()
        except OutputError:  # damaged: what it named is not known
            summary = None
        return folders_of(summary)

    def _clean(self, *, failed: bool = True) -> None:
        """Leave nothing but the output, what a failed run is to keep, and what only the next run can bring to an end."""
        with held():
            if self._lock.taken:
                with suppress(OSError, OutputError):  # of a disk that has failed; the next run sees to the rest
                    self._clean_folders(failed=failed)
            if self._private_lock is not None:
                self._private_lock.release()
            self._lock.release()

    def _clean_folders(self, *, failed: bool) -> None:
        if failed and self.publishing():
            if self._append:
                shutil.rmtree(self.work, ignore_errors=True)
                return
            self._take_back(self._journal())
        self._keep = self._keep and failed
        self._remove_staging()
        if self._private_lock is not None and self._private_lock.taken:
            shutil.rmtree(self._restricted_staging, ignore_errors=True)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._clean(failed=kind is not None)


@dataclass
class _Journal:
    """What is to be done once files begin to get their final names: those of the earlier output, those of the new one, and the same
    of the restricted folder, if there is one."""

    append: bool
    ours: set[Path]
    fresh: set[Path]
    restricted: str | None = None
    private: set[Path] = field(default_factory=set)
    fresh_private: set[Path] = field(default_factory=set)

    def to_bytes(self) -> bytes:
        return json.dumps({name: sorted(map(str, value)) if isinstance(value, set) else value for name, value in vars(self).items()}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> _Journal:
        """ValueError, TypeError or AttributeError when it is none. No name leads out of the folder: somebody else may have written the file."""
        values: dict[str, Any] = json.loads(content)
        made: dict[str, Any] = {name: {Path(one) for one in value} if isinstance(value, list) else value for name, value in values.items()}
        journal = cls(**made)
        if any(name.is_absolute() or ".." in name.parts for name in journal.ours | journal.fresh | journal.private | journal.fresh_private):
            raise ValueError
        return journal


def _take(lock: FolderLock, folder: Path, option: str) -> None:
    try:
        lock.take()
    except BlockingIOError as error:
        raise OutputError(f"another run is writing to {show(folder)}", f"wait for it to end, or choose another folder with {option}") from error
    except OSError as error:
        raise cannot_write(folder, error, option) from error


def folders_of(summary: dict[str, Any] | None) -> list[Path]:
    """The folders of the output that a summary is of, below its own."""
    names = () if summary is None else summary["run"].get("folders", ())
    return [Path(), *(Path(name) for name in names if name not in ("", ".", "..") and "/" not in name)]


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _remove(root: Path, name: Path) -> None:
    (root / name).unlink(missing_ok=True)
    if name.parent != Path() and (root / name.parent).is_dir() and not any((root / name.parent).iterdir()):
        (root / name.parent).rmdir()


def _move(source: Path, target: Path, ours: set[Path], fresh: set[Path]) -> None:
    """Rename what is still in source into target, after taking away files of ours that the `fresh` ones do not replace."""
    for path in sorted(ours - fresh):
        _remove(target, path)
    for path in sorted(_files(source)):
        (target / path).parent.mkdir(mode=stat.S_IMODE((source / path).parent.stat().st_mode), parents=True, exist_ok=True)
        (source / path).replace(target / path)
    for folder in {(target / path).parent for path in fresh}:
        sync(folder)
