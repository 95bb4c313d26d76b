"""`events explain` as plain text. Nothing that learners wrote is in it unless that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ..events import REQUESTS, family_of
from ..events._spec import EventType
from ..explain import Explanation, First
from ..ledger import REASONS
from ..tracing import Row
from .render_events import path_name, told, what_it_is
from .report import is_plain

_WRITTEN = {"submission_answer", "assessment_feedback", "collaboration_content", "answer"}
_LONGEST = 120
_WORDS = {"url_change": "page view", "background_request": "request that no person made"}


def explanation(found: Explanation, *, show_text: bool = False) -> str:
    """Every first line, in the order of the log."""
    blocks = ["".join(f"{line}\n" for line in _block(first, show_text)) for first in found.firsts]
    types = sum(1 for first in found.firsts if first.type)
    tail = f"{found.lines:,} lines, {types:,} types"
    if found.types_left_out:
        tail += f"; {found.types_left_out:,} more types were only counted"
    return "\n".join([*blocks, tail + "\n"])


def _block(first: First, show_text: bool) -> Iterator[str]:
    yield _shown(first, show_text) if first.type else f"{first.trace.fate} line"
    lines = "1 line" if first.count == 1 else f"{first.count:,} lines, first"
    yield f"  {lines}: line {first.number:,}, byte {first.offset:,} of {first.input.given}"
    if first.type:
        yield f"  {_declaration(first)}"
    if first.trace.fate != "translated":
        yield f"  {first.trace.fate}: {first.trace.reason} - {REASONS[first.trace.reason]}"
    elif not first.trace.rows:
        yield "  no row of its own"
    for row in first.trace.rows:
        yield f"  {row.table}"
        yield from (f"    {name:<26} {value}" for name, value in _columns(row, first.type, show_text))


def _shown(first: First, show_text: bool) -> str:
    """The type; one that nobody declared may be any text."""
    return first.type if show_text or first.declared or is_plain(first.type) else f"({len(first.type)} characters of free text)"


def _declaration(first: First) -> str:
    if first.type in REQUESTS:
        return _WORDS[first.type]
    declared = first.declared
    if declared is None:
        return "not declared: the common fields of an observed event"
    name = declared.name if isinstance(declared, EventType) else path_name(declared)
    same = "" if name == first.type else f", declared as {name}"
    return f"{family_of(first.type)}: {what_it_is(declared.meaning)}{same}"


def _columns(row: Row, type: str, show_text: bool) -> Iterator[tuple[str, str]]:
    for name, value in told(row, type):
        if name in _WRITTEN and not show_text:
            yield name, f"({len(value)} characters)"
        else:
            yield name, value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
