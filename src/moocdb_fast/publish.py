"""The output folder: a lock, a staging folder in it, and renames at the end. summary.json comes last and is the commit mark."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .disk import sync, sync_tree, write_whole
from .errors import OutputError, cannot_write, show
from .ledger import RejectsWriter, Summary
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
    stays when the run fails, and what an interrupted run has kept is there from the beginning.
    """

    def __init__(self, out: Path, *, overwrite: bool, restricted: Path | None, append: bool = False, keep: bool = False) -> None:
        self.out, self._overwrite, self._restricted = out, overwrite, restricted
        self._append, self._keep = append, keep
        self.folder = out / STAGING
        self.work = self.folder / "work"
        self.shards = self.work / "shards"
        self.final = self.folder / "final"
        self.peak = 0
        self._lock = -1
        self._made = False  # whether the folder is there because of this run

    def __enter__(self) -> Self:
        try:
            self._made = not self.out.exists()
            self.out.mkdir(parents=True, exist_ok=True)
            self._lock = self._take_lock()
        except BlockingIOError as error:
            raise OutputError(f"another run is writing to {show(self.out)}", "wait for it to end, or choose another folder with --out") from error
        except OSError as error:
            raise cannot_write(self.out, error) from error
        try:
            self._prepare()
        except OSError as error:
            self._clean()
            raise cannot_write(self.out, error) from error
        except OutputError:
            self._clean()
            raise
        return self

    def _take_lock(self) -> int:
        """The locked lock file. A run that ends takes its file away: what was locked must still be what lies there."""
        while True:
            handle = os.open(self.out / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(handle), (self.out / LOCK).stat()):
                    return handle
            except FileNotFoundError:
                pass
            except OSError:
                os.close(handle)
                raise
            os.close(handle)

    def _end_dead_run(self) -> None:
        """Remove what a killed run left: its staging folder, and files that it was about to give their final names. An output
        that was appended to is completed instead: its state has gone on."""
        if self.publishing():
            journal = json.loads((self.folder / JOURNAL).read_bytes())
            if journal["append"]:
                self._bring_out(*({Path(name) for name in journal[which]} for which in ("ours", "fresh")))
            else:
                for name in {*journal["ours"], *journal["fresh"]}:
                    _remove(self.out, Path(name))
        self._remove_staging()

    def publishing(self) -> bool:
        """Whether files are being given their final names: the old output is gone, the new one is not yet complete."""
        return (self.folder / JOURNAL).exists() and not (self.out / SUMMARY).exists()

    def kept(self) -> bool:
        """Whether something of this run is there for the next to go on from."""
        return self._keep and has_marks(self.shards)

    def _remove_staging(self) -> None:
        """Remove the staging folder, but for what is to be kept of it."""
        if not self.kept():
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
        there = sorted(path.name for path in self.out.iterdir() if path.name not in (LOCK, STAGING))
        if there and not self._overwrite and not (self._append and SUMMARY in there):
            what = "an earlier output" if SUMMARY in there or OURS & set(there) else "other files"
            raise OutputError(
                f"the output folder {show(self.out)} is not empty: it holds {what}",
                "add --overwrite to replace it, or choose another folder with --out",
            )
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.work.mkdir(exist_ok=True)
        self.final.mkdir()
        if self._restricted is not None:
            self._restricted.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._restricted.chmod(0o700)
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
        self.peak = max(self.peak, sum(f.stat().st_blocks * 512 for f in self.folder.rglob("*") if f.is_file()))

    def publish(self, summary: Summary) -> None:
        """Bring everything to its final name: the old commit mark goes first, the new one comes last."""
        try:
            if not self._keep:
                shutil.rmtree(self.work)
            earlier = self._earlier_folders()
            if self._restricted is not None:
                private = {folder / name for folder in earlier for name in _PRIVATE}
                sync_tree(self._restricted_staging)
                _move(self._restricted_staging, self._restricted, private, _files(self._restricted_staging))
            summary.write(self.folder / SUMMARY)
            ours, fresh = {folder / name for folder in earlier for name in OURS}, _files(self.final)
            sync_tree(self.final)
            journal = {"append": self._append, "ours": sorted(map(str, ours)), "fresh": sorted(map(str, fresh))}
            write_whole(self.folder / JOURNAL, json.dumps(journal).encode())
            (self.out / SUMMARY).unlink(missing_ok=True)
            self._bring_out(ours, fresh)
        except OSError as error:
            raise cannot_write(self.out, error) from error

    def _bring_out(self, ours: set[Path], fresh: set[Path]) -> None:
        """Give everything its final name, or what has not got it yet."""
        _move(self.final, self.out, ours, fresh)
        (self.folder / SUMMARY).replace(self.out / SUMMARY)
        sync(self.out)

    def _earlier_folders(self) -> list[Path]:
        """The folders of the output that this one replaces."""
        try:
            summary = self.summary()
        except OutputError:  # damaged: what it named is not known
            summary = None
        if summary is None:
            return [Path()]
        return [Path(), *(Path(name) for name in summary["run"].get("folders", ()) if name not in ("", ".", "..") and "/" not in name)]

    def _clean(self, *, failed: bool = True) -> None:
        """Leave nothing but the output, what a failed run is to keep, and an append that can still be completed."""
        if failed and self._append and self.publishing():
            shutil.rmtree(self.work, ignore_errors=True)
        else:
            self._keep = self._keep and failed
            self._remove_staging()
        if self._restricted is not None:
            shutil.rmtree(self._restricted_staging, ignore_errors=True)
        (self.out / LOCK).unlink(missing_ok=True)
        if self._made and not any(self.out.iterdir()):
            self.out.rmdir()
        os.close(self._lock)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._clean(failed=kind is not None)


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
