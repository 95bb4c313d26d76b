"""What a partition tells the whole output, and the work on partitions: cut, resolved, written by tasks that share nothing but files."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .columns import load_table, save_tables
from .counts import Rows
from .disk import made_whole
from .errors import InputError, show, writing
from .fates import Tally
from .introduced import Introduced, introduce
from .links import Links
from .partitions import Partitions, Share
from .plan import Plan
from .resolve import Resolved, resolve_partition

Array = np.ndarray[Any, Any]

Spread = Callable[[Callable[..., Any], tuple[Any, ...], list[int]], list[Any]]
"""`spread(make, args, numbers)`: `make(*args)(number, report)` for each number, wherever; the results in order. See pool.run_tasks."""


@dataclass
class Found:
    """What ids and the ledger need to know of all partitions."""

    links: Links
    introduced: Introduced = field(default_factory=Introduced)
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(cls, plan: Plan, resolved: Resolved) -> Found:
        """What a partition has. Codes its URLs and replies by what it introduces."""
        found = cls(Links(plan.marked))
        introduce(resolved, found.introduced, plan.canonical.numbers)
        found.links.collect(resolved)
        found.tally = Tally.of(plan.merged, resolved)
        return found

    def take(self, other: Found) -> dict[str, Array]:
        """Take in what another partition has. Returns the codes here of what it introduces."""
        self.links.take(other.links)
        self.tally.take(other.tally)
        return self.introduced.take(other.introduced)


@dataclass
class Resolving:
    """Resolves an output: one partition in memory, several through files below `folder`. `parts` are folders in which shares of them lie
    resolved, one of each."""

    plan: Plan
    folder: Path
    keep_duplicates: bool
    share: Share = field(default_factory=Share)
    parts: Sequence[Path] = ()

    def __post_init__(self) -> None:
        self._partitions = Partitions(self.plan, self.folder, self.share)
        self._only: Resolved | None = None

    def run(self, rows: Rows, spread: Spread) -> Found:
        """Resolve everything; notes which rows there are."""
        if self.plan.partitions == 1 and not self.parts:
            self._only = self._resolve(0)
            found = Found.of(self.plan, self._only)
            rows.take(self._only)
            return found
        if self.parts:
            self.folder.mkdir()
        else:
            self.run_share(spread)
        return self._collect(rows)

    def run_share(self, spread: Spread) -> None:
        """Resolve the share, to files."""
        self.folder.mkdir()
        if self.plan.partitions > 1:
            spread(step, (Resolving.cut, self), list(range(len(self._partitions.batches))))
        spread(step, (Resolving.resolve, self), list(self.share.numbers(self.plan.partitions)))
        if self.plan.partitions > 1:
            self._partitions.forget()

    def _collect(self, rows: Rows) -> Found:
        whole = Found(Links(self.plan.marked))
        for number in range(self.plan.partitions):
            codes = whole.take(_load(self._made("found", number)))
            save_tables(self._path("codes", number), {"codes": codes})
            rows.take(Resolved.load(self._made("resolved", number)))
        return whole

    def cut(self, number: int) -> None:
        """Cut a batch of shards."""
        self._partitions.cut(number)

    def resolve(self, number: int) -> None:
        """Resolve a partition, to files."""
        resolved = self._resolve(number)
        found = Found.of(self.plan, resolved)
        with made_whole(self._path("resolved", number)) as path:
            resolved.save(path)
        with made_whole(self._path("found", number)) as path, path.open("wb") as file:
            pickle.dump(found, file, pickle.HIGHEST_PROTOCOL)

    def load(self, number: int) -> Resolved:
        """A resolved partition in the codes of the whole."""
        if self._only is not None:
            return self._only
        resolved = Resolved.load(self._made("resolved", number))
        codes = load_table(self._path("codes", number), "codes")
        resolved.url = _core.translate(resolved.url, codes["url"])
        resolved.replied = {name: _core.translate(column, codes[name]) for name, column in resolved.replied.items()}
        return resolved

    def rows_file(self, number: int, table: str) -> Path:
        """Where rows of a partition may be written for the time being."""
        return self._path(table, number)

    def forget(self) -> None:
        """Nothing is needed any more."""
        self._only = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _resolve(self, number: int) -> Resolved:
        return resolve_partition(self.plan, number, self._partitions.load(number), keep_duplicates=self.keep_duplicates)

    def _path(self, what: str, number: int) -> Path:
        return self.folder / f"{what}-{number}"

    def _made(self, what: str, number: int) -> Path:
        """Where a partition was resolved to."""
        return (self.parts[number % len(self.parts)] if self.parts else self.folder) / f"{what}-{number}"


def _load(path: Path) -> Found:
    try:
        with path.open("rb") as file:
            found: Found = pickle.load(file)
    except (EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, ImportError, pickle.UnpicklingError) as error:
        raise InputError(f"{show(path)} is damaged", "if it is in a part of a merge, remove that part and make it again") from error
    return found


def step(do: Callable[..., Any], resolving: Resolving, *more: Any) -> Callable[..., Any]:
    """`do(resolving, number, *more)` as the work of a worker process."""

    def work(number: int, _report: Any) -> Any:
        with writing(resolving.folder):
            return do(resolving, number, *more)

    return work
