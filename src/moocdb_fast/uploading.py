"""An output in an object store. The tables are made in a folder for temporary files and uploaded when they are whole; summary.json is the last,
so whoever sees it sees everything. A store has no locks and renames nothing: two runs into one folder are not told apart, and an output
that is replaced is gone from the moment the new one comes.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import Interrupted, MoocdbError, OutputError, UsageError, for_output, writing
from .ledger import Summary
from .options import Options
from .publish import OURS, SUMMARY, folders_of
from .remote import PROBE, THREADS, Remote, ask, each, place_of
from .translate import Progress

_AT_ONCE = 4
_GONE = ("the store holds no output", "run the same command again")

Report = Callable[[Progress], None]


def placed(out: str | os.PathLike[str], options: Options, run: Callable[[Path], Summary], progress: Report | None = None) -> Summary:
    """The summary of a `run` into the folder that it is given: `out`, or one whose files are uploaded to the place in a store that `out` names.

    What stands against an upload is found before the run begins: a place that is not empty, no bucket, no access.
    """
    place = place_of(out)
    if isinstance(place, Path):
        return run(place)
    _refuse(options)
    upload = Upload(place, overwrite=options.overwrite)
    upload.prepare()
    with temporary_folder() as folder:
        summary = _run_in(folder / "out", run)
        summary.run.out = place.place
        with writing(folder):
            summary.write(folder / "out" / SUMMARY)
        try:
            upload.publish(folder / "out", progress)
        except OutputError as error:
            kept = folder.rename(folder.with_name(f"{folder.name}-kept")) / "out"
            error.hint = f"{error.hint}; the tables are whole in {kept}: upload them from there, {SUMMARY} last, or remove them"
            raise
    return summary


def folder_of(out: str) -> Path:
    """An output folder that can be no place in a store."""
    place = place_of(out)
    if isinstance(place, Remote):
        raise UsageError("this command writes to a folder of this machine", "name one with --out, and upload it with the tools of the store")
    return place


def refuse_load(out: str) -> None:
    """An output that is to be loaded into a database lies here."""
    if isinstance(place_of(out), Remote):
        raise UsageError(
            "--to loads from a folder of this machine, and --out names a store", "run without --to, then bring the tables here and load them"
        )


def _refuse(options: Options) -> None:
    for given, why in (
        (options.append, "--append adds to an output in a folder of this machine"),
        (options.resume, "--resume goes on from what lies in an output folder of this machine"),
        (options.restricted is not None, "--restricted and the tables appear together, which a store and a folder of this machine cannot"),
    ):
        if given:
            raise UsageError(f"{why}, and --out names a store", "write to a folder of this machine, and upload that")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for this run alone, which is removed in the end if it is still there."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="moocdb_fast-"))
    except OSError as error:
        raise OutputError("the folder for temporary files cannot be written to", "set TMPDIR to a folder with room") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_in(folder: Path, run: Callable[[Path], Summary]) -> Summary:
    try:
        return run(folder)
    except OutputError as error:
        if os.fspath(folder.parent) in error.message:
            error.hint = "the tables are made there before they are uploaded: set TMPDIR to another folder"
        raise


class Upload:
    """The files of a finished output, to a folder of a store."""

    def __init__(self, place: Remote, *, overwrite: bool) -> None:
        self.place, self._overwrite = place, overwrite
        self._there: dict[str, int] = {}  # name below the place → bytes, of what was found
        self._stop = threading.Event()
        self._done = 0

    def prepare(self) -> None:
        """Refuse a place that is in use or cannot be written to."""
        with for_output():
            if self.place.is_object():
                raise OutputError(f"{self.place.shown} is an object, not a folder", "choose another place with --out")
            self._there = self._names()
        if self._there and not self._overwrite:
            what = "an earlier output" if OURS & set(self._there) else "other objects"
            raise OutputError(
                f"the output folder {self.place.shown} is not empty: it holds {what}",
                "add --overwrite to replace it, or choose another folder with --out",
            )
        self.place.probe()

    def _names(self) -> dict[str, int]:
        start = len(self.place.below("x").path) - 1
        found = {one.path[start:]: size for one, size in self.place.objects()}
        return {name: size for name, size in found.items() if not name.startswith(PROBE)}

    def publish(self, folder: Path, progress: Report | None) -> None:
        """Upload everything, the summary last. A run that fails here removes what it has uploaded, if the store lets it."""
        files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
        first = sorted(files.keys() - {SUMMARY})
        with for_output():
            try:
                self._remove_earlier(files)
                self._put_all(folder, first, sum(files.values()), progress)
                self._verify({name: files[name] for name in first})
                ask(lambda: self.place.below(SUMMARY).put(folder / SUMMARY))
            except BaseException as error:
                self._take_back((SUMMARY, *first))
                if isinstance(error, Interrupted):
                    raise Interrupted(error.signum, *_GONE) from error
                raise

    def _remove_earlier(self, files: Iterable[str]) -> None:
        """What makes the earlier output one goes first; then what the new one does not replace of it."""
        folders = folders_of(None)
        if SUMMARY in self._there:
            with suppress(ValueError, KeyError, TypeError, AttributeError):  # damaged: what it named is not known
                folders = folders_of(json.loads(self.place.below(SUMMARY).content()))
            self.place.below(SUMMARY).remove()
        ours = {(folder / name).as_posix() for folder in folders for name in OURS} - {SUMMARY}
        each(lambda name: self.place.below(name).remove(), sorted((ours & self._there.keys()) - set(files)))

    def _put_all(self, folder: Path, names: list[str], total: int, progress: Report | None) -> None:
        started = time.monotonic()
        told = threading.Lock()

        def count(size: int) -> bool:
            with told:
                self._done += size
            return not self._stop.is_set()

        pool = ThreadPoolExecutor(_AT_ONCE, THREADS)
        try:
            for _ in pool.map(lambda name: self.place.below(name).put(folder / name, count), names):
                if progress:
                    progress(Progress("upload", self._done, total, 0, time.monotonic() - started))
        finally:  # nothing may come behind the end
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _verify(self, files: dict[str, int]) -> None:
        there = self._names()
        wrong = sorted(name for name, size in files.items() if there.get(name) != size)
        if wrong:
            raise OutputError(f"{self.place.below(wrong[0]).shown} did not arrive whole", "look at the store, and run again")

    def _take_back(self, names: Iterable[str]) -> None:
        with suppress(MoocdbError):  # a store that is gone; the next run is told what it holds
            for name in names:
                self.place.below(name).remove()
