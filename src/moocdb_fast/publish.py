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
from typing import Self

from .errors import OutputError, cannot_write, show
from .ledger import RejectsWriter, Summary
from .schema import TABLES, USER_PII

LOCK, STAGING, SUMMARY, REJECTS = ".moocdb_fast.lock", ".moocdb_fast.staging", "summary.json", "rejects.jsonl"
JOURNAL = "publishing.json"
DATABASE = "moocdb.duckdb"
OURS = {SUMMARY, REJECTS, "moocdb.sql", DATABASE, f"{DATABASE}.wal", *(f"{t}.{suffix}" for t in TABLES for suffix in ("csv", "parquet"))}
"""Names that a run writes; anything else in an output folder is left alone. No run leaves a write-ahead log of the DuckDB file, but
one that another program left must never be applied to a new file."""


class Staging:
    """Everything is written aside, brought to the disk, and renamed when it is complete."""

    def __init__(self, out: Path, *, overwrite: bool, restricted: Path | None) -> None:
        self.out, self._overwrite, self._restricted = out, overwrite, restricted
        self.folder = out / STAGING
        self.work = self.folder / "work"
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

    def _forget_dead_run(self) -> None:
        """Remove what a killed run left: its staging folder, and files that it was about to give their final names."""
        journal = self.folder / JOURNAL
        if journal.exists() and not (self.out / SUMMARY).exists():
            for name in json.loads(journal.read_text(encoding="utf-8")):
                _remove(self.out, Path(name))
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        self._forget_dead_run()
        there = sorted(path.name for path in self.out.iterdir() if path.name != LOCK)
        if there and not self._overwrite:
            what = "an earlier output" if SUMMARY in there or OURS & set(there) else "other files"
            raise OutputError(
                f"the output folder {show(self.out)} is not empty: it holds {what}",
                "add --overwrite to replace it, or choose another folder with --out",
            )
        self.folder.mkdir(mode=0o700)
        self.work.mkdir()
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
            shutil.rmtree(self.work)
            earlier = self._earlier_folders()
            if self._restricted is not None:
                _move(self._restricted_staging, self._restricted, {folder / name for folder in earlier for name in (REJECTS, f"{USER_PII.name}.csv")})
            summary.write(self.folder / SUMMARY)
            ours = {folder / name for folder in earlier for name in OURS}
            self._write_journal(sorted(map(str, ours | _files(self.final))))
            (self.out / SUMMARY).unlink(missing_ok=True)
            _move(self.final, self.out, ours)
            (self.folder / SUMMARY).replace(self.out / SUMMARY)
            _sync(self.out)
        except OSError as error:
            raise cannot_write(self.out, error) from error

    def _earlier_folders(self) -> list[Path]:
        """The folders of the output that this one replaces."""
        try:
            summary = json.loads((self.out / SUMMARY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return [Path()]
        return [Path(), *(Path(name) for name in summary["run"].get("folders", ()) if name not in ("", ".", "..") and "/" not in name)]

    def _write_journal(self, names: list[str]) -> None:
        temporary = self.folder / f"{JOURNAL}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(names, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / JOURNAL)

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._restricted is not None:
            shutil.rmtree(self._restricted_staging, ignore_errors=True)
        (self.out / LOCK).unlink(missing_ok=True)
        if self._made and not any(self.out.iterdir()):
            self.out.rmdir()
        os.close(self._lock)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._clean()


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def _remove(root: Path, name: Path) -> None:
    (root / name).unlink(missing_ok=True)
    if name.parent != Path() and (root / name.parent).is_dir() and not any((root / name.parent).iterdir()):
        (root / name.parent).rmdir()


def _move(source: Path, target: Path, ours: set[Path]) -> None:
    """Rename what is in source into target, after taking away files of ours that source does not replace."""
    fresh = _files(source)
    for path in fresh:
        with (source / path).open("rb") as file:
            os.fsync(file.fileno())
    for path in sorted(ours - fresh):
        _remove(target, path)
    for path in sorted(fresh):
        (target / path).parent.mkdir(mode=stat.S_IMODE((source / path).parent.stat().st_mode), parents=True, exist_ok=True)
        (source / path).replace(target / path)
    for folder in {(target / path).parent for path in fresh}:
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
