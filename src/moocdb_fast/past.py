"""What earlier runs have put into an output. The run of one that is not appended to needs nothing of it; state.py has the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .errors import UsageError, show
from .inputs import Input, fingerprint, of_each
from .ledger import InputReport
from .options import Options

if TYPE_CHECKING:
    from .ids import GivenIds
    from .publish import Staging
    from .shards import ShardResult


class Past:
    """What earlier runs have put into the output. Of a run that does not append: nothing."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def earlier(self) -> list[InputReport]:
        """The inputs that are in the output, without their counts."""
        return []

    def take(self, found: Sequence[Input]) -> tuple[list[Input], list[InputReport], list[str]]:
        """The inputs to read, numbered behind those that are there, with their reports; and the names of those that are skipped."""
        prints = of_each(fingerprint, found)
        return list(found), [InputReport(i.name, i.given, i.size, fp, i.compression) for i, fp in zip(found, prints, strict=True)], []

    def results(self, folder: Path) -> list[ShardResult]:
        """The shards of earlier inputs in canonical order, put into `folder`."""
        return []

    def ids(self, folder: str) -> GivenIds | None:
        """The ids of an output, if they are to be compared with those that were given."""
        return None

    def note_ids(self, folder: str, ids: GivenIds | None) -> None:
        """The ids of an output, compared; another process may have done that."""

    def keep(self, results: Sequence[ShardResult], reports: Sequence[InputReport]) -> str:
        """Keep everything for the next run, before the output is published; returns what its summary must name."""
        return ""

    def settle(self) -> None:
        """The output is published: forget what only the one before needed."""


def open_past(staging: Staging, options: Options, key: bytes) -> Past:
    """What the output is made of, if the run is to append to it."""
    if not options.append:
        return Past()
    from .state import State

    return State(state_folder(staging.out, options), staging, options, key)


def state_folder(out: Path, options: Options) -> Path:
    """Where the state of an output lies: beside it, unless told otherwise; never in it."""
    absolute = Path(os.path.abspath(out))  # noqa: PTH100 - a link keeps its own place
    folder = options.state or absolute.with_name(f"{absolute.name}.state")
    if out.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError(f"the state folder {show(folder)} is in the output folder; it holds user names", "choose a private place with --state")
    return folder
