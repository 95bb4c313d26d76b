"""Every row of an export accounted for: rows read = translated + filtered + rejected, for each table and in all."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InternalError
from ..ledger import Counts, InputReport, Summary, zero
from .reasons import Drop, Note, Skip

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class RowCounts(Counts):
    """What became of the rows of a table: `lines_read` are its rows."""

    filtered: dict[str, int] = field(default_factory=lambda: zero(Skip))
    rejected: dict[str, int] = field(default_factory=lambda: zero(Drop))
    salvaged: dict[str, int] = field(default_factory=lambda: zero(Note))


@dataclass(slots=True)
class ExportSummary(Summary):
    """The summary of a run over an export: its inputs are the tables that were read."""

    counts: Counts = field(default_factory=RowCounts)
    export: dict[str, Any] = field(default_factory=dict)

    def total(self) -> None:
        self.counts = RowCounts()
        for report in self.inputs:
            report.counts.check(report.name)
            self.counts.merge(report.counts)
        self.counts.check("all tables")

    def to_dict(self) -> dict[str, Any]:
        # In full: a class with slots has no plain super().
        return {
            **self.counts.to_dict(),
            "export": self.export,
            "inputs": [{"name": report.name, "damage": report.damage, **report.counts.to_dict()} for report in self.inputs],
            "courses": self.courses,
            "event_types": self.event_types,
            "tables": self.tables,
            "versions": self.versions,
            "options": self.options,
            "warnings": self.warnings,
            "run": self.run.to_dict(),
        }


class Ledger:
    """Collects the fates of rows. What nobody drops or skips is translated."""

    def __init__(self) -> None:
        self._read: Counter[str] = Counter()
        self._fates: dict[str, Counter[str]] = {}
        self._notes: dict[str, Counter[str]] = {}
        self._rejects: list[tuple[str, str, Array]] = []
        self._damage: dict[str, str] = {}

    def read(self, table: str, rows: int) -> None:
        """Rows of a table that were read."""
        self._read[table] += rows

    def skip(self, table: str, reason: Skip, rows: int) -> None:
        """Rows that make none of their own."""
        if rows:
            self._fates.setdefault(table, Counter())[reason] += int(rows)

    def drop(self, table: str, reason: Drop, ids: Array | Sequence[int]) -> None:
        """Rows that cannot be translated, by the numbers that identify them in their table."""
        if len(ids):
            self._fates.setdefault(table, Counter())[reason] += len(ids)
            self._rejects.append((table, reason, np.sort(np.asarray(ids, np.int64))))

    def note(self, table: str, reason: Note, rows: int) -> None:
        """Rows in which something is missing or was put right."""
        if rows:
            self._notes.setdefault(table, Counter())[reason] += int(rows)

    def damaged(self, table: str, why: str) -> None:
        """What is read of a table is not all there was."""
        self._damage[table] = why

    def reports(self) -> list[InputReport]:
        """A report per table, by name."""
        found = []
        for table in sorted(self._read):
            counts = RowCounts(lines_read=self._read[table])
            fates = self._fates.get(table, Counter())
            counts.add_reasons("filtered", {str(r): n for r, n in fates.items() if isinstance(r, Skip)})
            counts.add_reasons("rejected", {str(r): n for r, n in fates.items() if isinstance(r, Drop)})
            counts.add_reasons("salvaged", {str(r): n for r, n in self._notes.get(table, Counter()).items()})
            counts.events = counts.lines_read - counts.filtered_total - counts.rejected_total
            if counts.events < 0:
                raise InternalError(f"{table}: more rows were dropped than read", "please report this with the summary of the run")
            found.append(InputReport(table, table, 0, "", damage=self._damage.get(table), counts=counts))
        return found

    def write_rejects(self, path: Path) -> None:
        """rejects.jsonl: table, reason, and the number of the row in its table where it has one that tells nothing about people."""
        rows = sorted(((table, str(reason), ids) for table, reason, ids in self._rejects), key=lambda row: row[:2])
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8", newline="\n") as file:
            for table, reason, ids in rows:
                for number in ids.tolist():
                    file.write(json.dumps({"table": table, "id": number if number >= 0 else None, "reason": reason}) + "\n")
