"""Threads for work that Arrow and the disk do without Python: the files of tables that are written whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Threads:
    """Does independent pieces of work, `count` of them at a time. What they write to must not depend on their order."""

    def __init__(self, count: int) -> None:
        self._count = count

    def run(self, pieces: Iterable[Callable[[], Any]]) -> list[Any]:
        """The results of all pieces. An error of one is raised here when those that had begun have ended."""
        if self._count <= 1:
            return [piece() for piece in pieces]
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(self._count, "rows")
        try:
            return [future.result() for future in [pool.submit(piece) for piece in pieces]]
        finally:
            pool.shutdown(cancel_futures=True)
