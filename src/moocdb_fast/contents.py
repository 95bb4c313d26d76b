"""What is in a file, whatever its name and packing: a digest of its decompressed bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from .inputs import Input

EMPTY = hashlib.sha256().hexdigest()
"""The digest of nothing."""

_READ = 1 << 20


def contents(inputs: Sequence[Input], workers: int) -> list[str]:
    """The SHA-256 of what can be decompressed of each input, in order."""
    stop = threading.Event()
    with ThreadPoolExecutor(min(workers, len(inputs)) or 1) as pool:  # hashing and decompressing release the interpreter's lock
        try:
            return list(pool.map(partial(_content, stop=stop), inputs))
        except BaseException:
            stop.set()
            raise


def _content(item: Input, *, stop: threading.Event) -> str:
    digest = hashlib.sha256()
    buffer = bytearray(_READ)
    view = memoryview(buffer)
    with item.open_stream() as stream:
        while (count := stream.readinto(view)) and not stop.is_set():
            digest.update(view[:count])
    return digest.hexdigest()
