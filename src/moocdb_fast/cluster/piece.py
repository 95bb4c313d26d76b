"""One piece of a plan, below a work folder that all machines share.

    <work>/piece-<index>/                          a finished piece: shard folders, their marks, piece.json
    <work>/piece-<index>.<host>-<pid>-<random>/    an attempt at it, which is renamed when it is whole

Attempts know nothing of each other. The first whose rename succeeds has made the piece and removes the others; one that was still
running finds its folder gone and the piece made, and is content. What a killed attempt had finished is taken over by the next.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..disk import link, make_private, read_object, sync, write_whole
from ..errors import InputError, OutputError, cannot_write, show
from ..inputs import STATE_MARK
from ..options import Options
from ..pool import run_tasks
from ..resume import finished, mark_done
from ..shards import scanned_files, shard_format
from ..translate import make_scan
from .plan import Piece

ABOUT = "piece.json"
_THERE = {errno.ENOTEMPTY, errno.EEXIST}

Report = Callable[[int, int], None]
"""Called with decoded bytes and events since the last call."""


def run_piece(piece: Piece, work: Path, report: Report = lambda _bytes, _events: None, *, workers: int = 1, compiled: Any = None) -> bool:
    """Scan a piece into `<work>/<its name>`; False when it was there already. One worker may have `compiled` tables of another piece."""
    check_format(piece.shard_format)
    try:
        if is_done(piece, work):
            return False
        for file in piece.files:
            file.verify()
        _make_work(work)
        attempt = attempt_at(work / piece.name)
        attempt.mkdir(mode=0o700)
        write_whole(attempt / ABOUT, json.dumps({"plan": piece.plan, "piece": piece.index}).encode())
        _scan(piece, work, attempt, report, workers, compiled)
        sync(attempt)
        return _finish(piece, work, attempt)
    except (OSError, OutputError) as error:
        with suppress(OSError):
            if is_done(piece, work):  # another attempt was first, and has removed this one
                return False
        if isinstance(error, OutputError):
            raise
        raise cannot_write(work, error) from error


def attempt_at(home: Path) -> Path:
    """A name for what becomes a folder that several machines may try to make."""
    return home.with_name(f"{home.name}.{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}")


def check_format(planned: str) -> None:
    """Refuse to make or take shards of another release."""
    if planned != shard_format():
        raise InputError(
            f"the plan was made by another version of moocdb_fast (shards {planned}, here {shard_format()})",
            "install the same version on all machines, or make the plan again",
        )


def is_done(piece: Piece, work: Path) -> bool:
    """Whether the piece is finished. Folders of another plan are refused."""
    about = read_object(work / piece.name / ABOUT)
    if about:
        refuse_other_plan(piece, about, show(work))
    return bool(about)


def refuse_other_plan(piece: Piece, about: Any, work: str) -> None:
    """Refuse what a folder has instead of this piece."""
    if about != {"plan": piece.plan, "piece": piece.index}:
        raise OutputError(f"the work folder {work} holds pieces of another plan", "choose another with --work, or remove it")


def _make_work(work: Path) -> None:
    """The folder holds user names and answers: for its owner alone; and no log, whatever its files are called."""
    make_private(work)
    (work / STATE_MARK).touch(mode=0o600)


def _scan(piece: Piece, work: Path, attempt: Path, report: Report, workers: int, compiled: Any) -> None:
    """Scan what no earlier attempt has finished."""
    _adopt(piece, work, attempt)
    left = [shard for shard in piece.shards if finished(attempt, shard) is None]
    # `resume` makes durable marks; nothing of a piece goes into the restricted folder, but payloads want one
    options = Options(**piece.scan, resume=True, restricted=attempt if piece.scan["payloads"] else None)
    if left:
        run_tasks(partial(make_scan, attempt, options, compiled), (), left, workers, report)


def _adopt(piece: Piece, work: Path, attempt: Path) -> None:
    """Give a second name to the shards that other attempts at this piece have finished."""
    for other in _attempts(piece, work):
        if other == attempt:
            continue
        for shard in piece.shards:
            scanned = None if finished(attempt, shard) else finished(other, shard)
            if scanned is None:
                continue
            for name in scanned.folders:
                (attempt / name).mkdir(exist_ok=True)
                for file in scanned_files(other / name):
                    link(other / name / file, attempt / name / file)
            mark_done(attempt, shard, scanned, durable=True)


def _attempts(piece: Piece, work: Path) -> Iterator[Path]:
    for path in sorted(work.glob(f"{piece.name}.*")):
        if read_object(path / ABOUT) == {"plan": piece.plan, "piece": piece.index}:
            yield path


def _finish(piece: Piece, work: Path, attempt: Path) -> bool:
    """Make the attempt the piece, unless another is by now; then remove what is left of any."""
    try:
        attempt.rename(work / piece.name)
        first = True
    except OSError as error:
        if error.errno not in _THERE:
            raise
        is_done(piece, work)
        first = False
    sync(work)
    for other in list(_attempts(piece, work)):
        gone = other.with_name(f".{other.name}.{secrets.token_hex(4)}")
        with suppress(OSError):
            other.rename(gone)  # an attempt that still runs can make nothing more in it
            shutil.rmtree(gone, ignore_errors=True)
    return first
