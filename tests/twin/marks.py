"""Marks: shares, and assessments that one event makes of the submission of another (rules.md, sections 9 and 9a)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from moocdb_fast.events._spec import Assess

from .payload import found_end, found_key, found_number, found_text
from .text import is_number


@dataclass(frozen=True)
class Mark:
    """A mark for a submission: the one with the key if `keyed`, else the last of the affected user."""

    grader: str
    keyed: bool
    key: str | None
    grade: float | None
    max_grade: float | None
    feedback: str | None


def share(earned: float | None, possible: float | None) -> float | None:
    """What was earned of what is possible, from 0 to 1."""
    if earned is None or possible is None or not 0 <= earned <= possible or possible <= 0:
        return None
    return earned / possible


def read_mark(declared: Assess, payload: object) -> Mark:
    """What an assessing event says."""
    if declared.rubric:
        earned, possible = _of_rubric(found_end(payload, declared.rubric))
    else:
        earned, possible = found_number(payload, declared.earned), found_number(payload, declared.possible)
    return Mark(
        grader=declared.grader,
        keyed=bool(declared.key),
        key=found_key(payload, declared.key),
        grade=share(earned, possible),
        max_grade=possible,
        feedback=found_text(payload, declared.feedback),
    )


def _of_rubric(rubric: object) -> tuple[float | None, float | None]:
    """Points earned and possible, over all elements of a rubric."""
    elements = [x for x in rubric if isinstance(x, dict)] if isinstance(rubric, list) else []
    return _sum(elements, "option", "points"), _sum(elements, "criterion", "points_possible")


def _sum(elements: list[dict[str, object]], outer: str, inner: str) -> float | None:
    """The sum of all numbers there, in order; none if there are none, or if it is no number (two of 1e308)."""
    values = [within.get(inner) for x in elements if isinstance(within := x.get(outer), dict)]
    total, numbers = 0.0, [float(v) for v in values if is_number(v)]  # type: ignore[arg-type]
    for number in numbers:
        total += number
    return total if numbers and isfinite(total) else None
