"""The pieces of a plan as the source of a run: to it they look like what an interrupted run on this machine had scanned."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import InputError, UsageError, cannot_read, show
from ..inputs import Input
from ..options import FIELDS, SCAN_FIELDS, Options, option_name
from ..publish import Staging
from ..remote import each
from ..resume import finished, leave_scan, mark_name
from ..shards import scanned_files
from .piece import check_format, is_done
from .plan import Piece, ShardPlan

_NAMED = 8  # missing pieces that an error lists


class Planned:
    """The source."""

    def __init__(self, plan: ShardPlan, work: Path, options: Options, given: str = "") -> None:
        self.plan, self.work, self.options = plan, Path(os.path.abspath(work)), options  # noqa: PTH100 - a link keeps its own place
        self._given = given or show(self.work)
        self.warnings: list[str] = []

    def find(self, out: Path) -> None:
        """All pieces are there, and the logs are those of the plan."""
        check_format(self.plan.shard_format)
        there = self._names()
        missing = [piece.index for piece in self._pieces() if not (piece.name in there and is_done(piece, self.work))]
        if missing:
            raise InputError(
                f"{len(missing)} of the {len(self.plan.pieces)} pieces are not in {self._given}: {named(missing)}",
                "run them with: python -m moocdb_fast shard run",
            )
        files = [file for file in self.plan.files if not file.input.tag]
        for file in files:
            file.verify(closely=False)
        if len(files) < len(self.plan.files):
            each(lambda file: file.verify(closely=False), [file for file in self.plan.files if file.input.tag])

    def inputs(self, staging: Staging) -> list[Input]:
        return self.link(staging.shards)

    def link(self, folder: Path) -> list[Input]:
        """The logs, after their shards were put into a folder as the scan would put them."""
        folder.mkdir()
        for piece in self._pieces():
            for shard in piece.shards:
                scanned = finished(self.work / piece.name, shard)
                if scanned is None:
                    hint = f"remove that folder and run the piece again: python -m moocdb_fast shard run PLAN --index {piece.index} --work DIR"
                    raise InputError(f"{show(self.work / piece.name)} is damaged: {shard.name} is not as it was written", hint)
                for name in scanned.folders:
                    self._show(piece.name, name, folder)
                (folder / mark_name(shard)).symlink_to(self.work / piece.name / mark_name(shard))
        leave_scan(folder, [(file.input, file.fingerprint) for file in self.plan.files], self.options)
        return [file.input for file in self.plan.files]

    def _show(self, piece: str, name: str, folder: Path) -> None:
        """A shard folder with links to its files: merging puts files of its own beside them. The work folder may be on another disk."""
        (folder / name).mkdir()
        for file in scanned_files(self.work / piece / name):
            (folder / name / file).symlink_to(self.work / piece / name / file)

    def _pieces(self) -> list[Piece]:
        return [self.plan.piece(index) for index in range(len(self.plan.pieces))]

    def _names(self) -> set[str]:
        """What is in the work folder. To list it asks the file server; to look for one name may be answered from memory."""
        try:
            return set(os.listdir(self.work))  # noqa: PTH208 - names
        except OSError as error:
            raise cannot_read(self.work, error) from error


def named(missing: Sequence[int]) -> str:
    """The first of the numbers of what is missing, and how many more there are."""
    return ", ".join(map(str, missing[:_NAMED])) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")


def planned_options(plan: ShardPlan, options: Options) -> Options:
    """The options of the merge with those of the scan, which a plan has fixed."""
    refuse_append(options)
    for name in SCAN_FIELDS:
        value = getattr(options, name)
        if value not in (FIELDS[name].default, plan.scan[name]):
            raise UsageError(f"--{option_name(name)} is not that of the plan", f"leave --{option_name(name)} out, or make another plan")
    if plan.scan["payloads"] and options.restricted is None:
        raise UsageError("the plan keeps payloads, which may hold personal data", "say where they may lie: --restricted DIR")
    chosen: dict[str, Any] = {name: plan.scan[name] for name in SCAN_FIELDS}
    return replace(options, **chosen, resume=False)  # the pieces are what a repeat goes on from


def refuse_append(options: Options) -> None:
    """The shards of a plan are numbered from its first log on."""
    if options.append:
        raise UsageError("a run that many machines share is always whole", "leave --append out; a day is added on one machine")
