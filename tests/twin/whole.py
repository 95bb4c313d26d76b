"""Submissions of a whole module at once (rules.md, section 9)."""

from __future__ import annotations

from moocdb_fast.events._spec import Paths, Whole

from .marks import share
from .modules import Module
from .parts import Part, answer_text
from .payload import found, found_end, found_number
from .strictjson import JsonError, parse
from .text import is_integer, strip

MARKED = "marked"  # stands where parts of problems have a correctness


def part_of_whole(declared: Whole, payload: object, module: Module) -> Part:
    """The one part of such a submission."""
    item = _integer(payload, declared.item, 999)
    part = Part(module, "" if item is None else f"1_{item}")
    answer = found_end(payload, declared.answer, single=True)
    part.answer = _essay(answer) if declared.essay else answer_text(answer)
    correct, earned = found(payload, declared.correct), found_number(payload, declared.earned)
    if isinstance(correct, bool):
        part.correctness, part.grade = MARKED, float(correct)
    elif earned is not None:
        part.correctness = MARKED
        if declared.possible:
            part.max_grade = found_number(payload, declared.possible)
            part.grade = share(earned, part.max_grade)
        else:
            part.grade = earned if 0 <= earned <= 1 else None
    return part


def attempts_of_whole(declared: Whole, payload: object) -> int | None:
    """The attempt number."""
    return _integer(payload, declared.attempts, 2**31 - 1)


def _integer(payload: object, paths: Paths, most: int) -> int | None:
    value = found(payload, paths)
    return value if is_integer(value) and 0 <= value <= most else None  # type: ignore[operator,return-value]


def _essay(value: object) -> str | None:
    """The texts of an essay, which may be an object in text."""
    if isinstance(value, str) and strip(value).startswith("{"):
        try:
            value = parse(strip(value))
        except JsonError:
            return answer_text(value)
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            return str(value["text"])
        if isinstance(value.get("parts"), list):
            texts = [x["text"] for x in value["parts"] if isinstance(x, dict) and isinstance(x.get("text"), str)]
            if texts:
                value = value if not texts else texts[0] if len(texts) == 1 else texts
    return answer_text(value)
