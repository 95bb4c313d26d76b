"""Files that hold a secret: read only when nobody else can read or change them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from .errors import InputError, show


def read_private(path: Path, what: str, limit: int, *, another: str = "name another file", secret: Callable[[bytes], bool] | None = None) -> bytes:
    """The first `limit` bytes of a file of which only its owner may have rights; InputError otherwise, OSError as it comes.

    `what` names the file in messages and `another` says how to choose another one. With `secret`, a file that holds none may be
    open to others.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # not to hang on a FIFO
    with os.fdopen(handle, "rb", buffering=0) as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise InputError(f"the {what} {show(path)} is not a regular file", another)
        content = file.read(limit) or b""
    if mode & 0o077 and (secret is None or secret(content)):
        raise InputError(f"the {what} {show(path)} can be read or changed by other users", f"run: chmod 600 {show(path)}")
    return content
