"""Everything that can go wrong on purpose: one family of errors, each with its exit code.

A message is one sentence that says what is wrong and where; `hint` says what to try. Neither ever quotes a line of a log, a
key or a password.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class MoocdbError(Exception):
    """The base of the family; catch this to catch them all."""

    exit_code: ClassVar[int] = 70
    meaning: ClassVar[str] = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(MoocdbError):
    """An option, a combination of options or a configuration file that makes no sense."""

    exit_code = 2
    meaning = "wrong use: an unknown option or a value that is not allowed"


class InputError(MoocdbError):
    """There is nothing to translate, or something that cannot be read or is no tracking log."""

    exit_code = 3
    meaning = "input: a file is missing, unreadable, empty or no tracking log; or the key file is not usable"


class OutputError(MoocdbError):
    """The output cannot be written."""

    exit_code = 4
    meaning = "output: the folder is not empty, in use or not writable, or the disk is full"


class DamagedInput(MoocdbError):
    """An input broke off or is corrupt; what could be read was translated and written."""

    exit_code = 5
    meaning = "damaged input: an input broke off or is corrupt; the output is complete for what could be read"


class TooManyRejects(MoocdbError):
    """More lines were rejected than `max_rejects` or `max_reject_rate` allows; nothing was written."""

    exit_code = 6
    meaning = "too many rejected lines for --max-rejects or --max-reject-rate; nothing was written"


class QueryError(MoocdbError):
    """An SQL statement that cannot be run, or asks for more than reading the tables."""

    exit_code = 7
    meaning = "sql: the statement cannot be run"


class CheckFailed(MoocdbError):
    """Tables break a rule that every output keeps."""

    exit_code = 8
    meaning = "check: the tables break a rule"


class DatabaseError(MoocdbError):
    """A database server that cannot be reached, refuses, or does not take the tables as they are. What was in the database stays."""

    exit_code = 9
    meaning = "database: no server, no access, or the load failed; the course that was there is untouched"


class ClusterError(MoocdbError):
    """The machines that share a run cannot be had, were lost, or died on their work. What they have scanned is kept."""

    exit_code = 10
    meaning = "cluster: no scheduler or no workers, or they were lost; finished pieces are kept and the same command goes on from them"


class InternalError(MoocdbError):
    """The program contradicts itself: a bug."""

    exit_code = 70
    meaning = "a bug in this program"


NOTHING = ("nothing was written", "run the same command again")
COMPLETE = ("the output is complete", "")
"""What a run leaves behind that is told to stop, before and behind the moment of publishing, and what to try."""


class Interrupted(MoocdbError):
    """A signal asked the program to stop. `left` says what it leaves behind."""

    exit_code = 130
    meaning = "stopped by Ctrl-C (129: hang-up, 143: terminate); nothing was written"

    def __init__(self, signum: int = signal.SIGINT, left: str = NOTHING[0], hint: str = NOTHING[1]) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}; {left}", hint)
        self.signum = int(signum)

    @property
    def status(self) -> int:
        """The exit code that shells expect: 128 and the number of the signal."""
        return 128 + self.signum


_KINDS: tuple[type[MoocdbError], ...] = (
    UsageError, InputError, OutputError, DamagedInput, TooManyRejects, QueryError, CheckFailed, DatabaseError, ClusterError, InternalError,
    Interrupted,
)  # fmt: skip
EXIT_CODES: dict[int, str] = {0: "success"} | {kind.exit_code: kind.meaning for kind in _KINDS}
"""What each exit code means, for the help texts and the reference."""


def show(path: str | os.PathLike[str]) -> str:
    """A path as it can be printed in one line: bytes that are no text and control characters are escaped."""
    return escaped(os.fsencode(path).decode("utf-8", "backslashreplace"))


def escaped(text: str) -> str:
    """A text as it can be printed in one line: line ends and control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


_WRITE_HINTS = {
    errno.ENOSPC: "free some space or {elsewhere}",
    errno.EDQUOT: "free some space or {elsewhere}",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f) or {elsewhere}",
    errno.EROFS: "choose a folder on a file system that is not read-only",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.ENOTDIR: "a part of this path is a file; {elsewhere}",
}


def cannot_write(path: str | os.PathLike[str], error: OSError, option: str = "--out") -> OutputError:
    """The OutputError for an OSError met while writing at or below `path`, which `option` names."""
    why = os.strerror(error.errno) if error.errno else str(error)
    hint = _WRITE_HINTS.get(error.errno or 0, "{elsewhere}")
    return OutputError(f"cannot write to {show(path)}: {why}", hint.format(elsewhere=f"choose another place with {option}"))


@contextmanager
def writing(path: str | os.PathLike[str], option: str = "--out") -> Iterator[None]:
    """Every OSError is one of writing at or below `path`."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error, option) from error


@contextmanager
def for_output() -> Iterator[None]:
    """What cannot be read of the place where something is to be written is an OutputError."""
    try:
        yield
    except InputError as error:
        raise OutputError(error.message, error.hint) from error


def cannot_read(path: str | os.PathLike[str], error: OSError) -> InputError:
    """The InputError for an OSError met while opening `path`."""
    if error.errno == errno.ENOENT:
        return InputError(f"there is no file or folder {show(path)}", "check the spelling; relative paths start at the current folder")
    if error.errno == errno.ELOOP:
        return InputError(f"{show(path)} is a link that leads back to itself", "remove the link or name the file it should lead to")
    if error.errno in (errno.EACCES, errno.EPERM):
        return InputError(f"{show(path)} may not be read by this user", "change its permissions, or run as a user who may read it")
    why = os.strerror(error.errno) if error.errno else str(error)
    return InputError(f"cannot read {show(path)}: {why}", "check the disk and the path")
