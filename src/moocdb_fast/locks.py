"""Folders that one run at a time uses."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

_TRIES = 10
_held: set[int] = set()


def _forget() -> None:
    """In a copy of the process: a lock lasts as long as any copy of its handle, and is to end with the process that took it."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_forget)


class FolderLock:
    """A lock file in a folder, which is made when it is missing."""

    def __init__(self, path: Path, *, mode: int = 0o777) -> None:
        self.path, self._mode = path, mode
        self.made: list[Path] = []
        """Folders that were made for the lock file, the innermost first."""
        self._handle = -1

    @property
    def taken(self) -> bool:
        return self._handle >= 0

    def take(self) -> None:
        """Lock; BlockingIOError when another run has. A run that ends takes its lock file and an empty folder away, so what was
        locked must still be what lies there."""
        folder = self.path.parent
        for left in reversed(range(_TRIES)):
            missing = list(takewhile(lambda place: not place.exists(), (folder, *folder.parents)))
            folder.mkdir(mode=self._mode, parents=True, exist_ok=True)
            self.made = missing or self.made
            try:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                if not left:
                    raise
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(handle), self.path.stat()):
                    self._handle = handle
                    _held.add(handle)
                    return
            except FileNotFoundError:
                pass
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
        raise BlockingIOError

    def release(self, *, keep: bool = False) -> None:
        """Let others in. But for `keep`, the lock file goes, and the folders that were made if they are empty."""
        if self.taken and not keep:
            with suppress(OSError):  # a disk that cannot be written to: the lock ends with its handle, whatever lies there
                self.path.unlink()
        if self.taken:
            _held.discard(self._handle)
            os.close(self._handle)
            self._handle = -1
        for folder in self.made:
            try:
                folder.rmdir()
            except OSError:  # not empty, or another run took it away
                break
        self.made = []
