"""Compares one case: every row of the published output against ours, and ours against the published."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from . import align, explain_durations, explain_events, explain_submissions, ours, published
from .context import Context
from .rules import RULES
from .source import read_lines

CASES = Path(__file__).parent / "cases"


@dataclass
class Report:
    """How often each rule was needed, and what no rule explains."""

    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def rule(self, name: str) -> None:
        """Counts a use of a declared rule."""
        if name not in RULES:
            raise KeyError(f"undeclared rule {name}")
        self.counts[name] += 1

    def fail(self, line: int, what: str) -> None:
        """A difference that no rule explains."""
        self.unexplained.append(f"line {line}: {what}")


def case_names() -> list[str]:
    """All cases."""
    return sorted(p.name for p in CASES.iterdir() if p.is_dir())


def log_of(case: str) -> Path:
    """The log of a case, plain or gzipped."""
    return next((CASES / case).glob("log.json*"))


def compare(case: str, folder: Path, key: bytes) -> Report:
    """Compares our output in `folder` with the published output of the case."""
    lines = read_lines(log_of(case))
    old = published.read(CASES / case / "moocdb")
    aligned = align.align(old, lines)
    report = Report(unexplained=list(aligned.lost))
    context = Context(lines, aligned, ours.read(folder, lines), key)
    explain_events.explain(context, report)
    explain_submissions.explain(context, report)
    explain_durations.explain(context, report)
    for twins in ours.spellings(folder):
        report.unexplained.append(f"several ids of one module: {twins}")
    for _ in range(old.orphans):
        report.rule("rescore_marks")
    return report
