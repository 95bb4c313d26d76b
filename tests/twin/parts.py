"""Submitting events: part keys, answers, correctness and marks (rules.md, section 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .modules import Module, read_module
from .text import is_blank, is_integer, is_number, strip

LONGEST_FORMAT = 255

_CHOICE = re.compile(r"_choice_([A-Za-z0-9_]+)\Z")
_TOLD = {"True": "correct", "False": "incorrect"}
_NUMBERS = re.compile(r"_([0-9]{1,3})_([0-9]{1,3})\Z")
_MARK = re.compile(
    r"""aria-describedby=[\\"']*(input_[^\\"'>\x00-\x20]{0,994}+)(?![^\\"'>\x00-\x20])"""  # a name up to a quote, a backslash, `>` or a blank
    r"""[>Statusn\\:"' \t\r\n]*+"""  # "Status:" and what markup stands around it
    r"""(correct|[iI]ncorrect)"""
)


@dataclass
class Part:
    """One answered part of a problem; `numbers` is empty for the problem itself."""

    module: Module
    numbers: str = ""
    answer: str | None = None
    correctness: str | None = None
    grade: float | None = None
    feedback: str | None = None
    format: str | None = None
    max_grade: float | None = None

    @property
    def identity(self) -> tuple[Module, str]:
        """Parts of one event with the same identity are one part."""
        return self.module, self.numbers

    def add(self, other: Part) -> None:
        """Take over what this part lacks."""
        self.answer = other.answer if self.answer is None else self.answer
        if self.correctness is None:
            self.correctness, self.grade = other.correctness, other.grade
        self.feedback = other.feedback if self.feedback is None else self.feedback
        self.format = other.format if self.format is None else self.format

    def complete(self, echo: Part) -> None:
        """Take over what an echo may give: an answer, and a correctness with all that belongs to it."""
        self.answer = echo.answer if self.answer is None else self.answer
        if self.correctness is None and echo.correctness is not None:
            self.correctness, self.grade, self.feedback, self.max_grade = echo.correctness, echo.grade, echo.feedback, echo.max_grade


@dataclass(frozen=True)
class Key:
    """A part key, taken apart. `many`: it ended with `[]`; `choice`: the choice that stood in it."""

    module: Module
    numbers: str
    choice: str | None
    many: bool


def parts_of(form: str, payload: object, course: str | None) -> list[Part]:
    """The parts of a submitting event."""
    problem = read_module(_object(payload).get("problem_id"), course, "problem")
    parts = _merged(_READERS[form](payload, course, problem))
    if form == "maps" and len(parts) == 1:
        _grade_of_event(parts[0], payload)
    return parts


def read_key(text: str, course: str | None, problem: Module | None) -> Key | None:
    """What a part key names. `problem` is the event's own problem, for keys that name none."""
    key = text.removeprefix("input_")
    many = key.endswith("[]")
    key = key.removesuffix("[]")
    if key.endswith("_dynamath"):
        return None
    choice = _CHOICE.search(key)
    if choice:
        key = key[: choice.start()]
    numbers = _NUMBERS.search(key)
    if numbers:
        key = key[: numbers.start()]
    if problem and key in (problem.name, problem.html_id):
        module: Module | None = problem
    else:
        module = read_module(key, course, "problem") or problem
    if module is None:
        return None
    text = f"{int(numbers[1])}_{int(numbers[2])}" if numbers else ""
    return Key(module, text, f"choice_{choice.group(1)}" if choice else None, many)


def read_query(text: str) -> dict[str, list[str]]:
    """The `input_` keys of a query string with their values, in order."""
    values: dict[str, list[str]] = {}
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            key = _decoded(name)
            if key.startswith("input_"):
                values.setdefault(key, []).append(_decoded(value))
    return values


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", errors="replace")


def answer_text(value: object) -> str | None:
    """An answer as text; null is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _answer(key: Key, value: object) -> str | None:
    answer = answer_text(value)
    if key.choice and answer is not None and (is_blank(answer) or answer in ("true", "on")):
        return key.choice
    return answer


def _single(values: list[object], key: Key) -> object:
    """Values that came as an array: one, and no `[]`, is that value."""
    return values[0] if len(values) == 1 and not key.many else values


def _merged(parts: Iterable[Part]) -> list[Part]:
    merged: dict[tuple[Module, str], Part] = {}
    for part in parts:
        if part.identity in merged:
            merged[part.identity].add(part)
        else:
            merged[part.identity] = part
    return list(merged.values())


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


# maps: what the server logs


def _parts_of_maps(payload: object, course: str | None, problem: Module | None) -> list[Part]:
    parts = []
    answers, marks, submission = (_object(_object(payload).get(name)) for name in ("answers", "correct_map", "submission"))
    for name, answer in answers.items():
        if key := read_key(name, course, problem):
            parts.append(Part(key.module, key.numbers, _answer(key, answer)))
    for name, value in marks.items():
        if key := read_key(name, course, problem):
            mark = _object(value)
            part = Part(key.module, key.numbers)
            part.correctness = _filled(mark.get("correctness"))
            part.grade = _grade(part.correctness, mark.get("npoints"))
            part.feedback = _filled(mark.get("hint")) or _filled(mark.get("msg"))
            parts.append(part)
    for name, value in submission.items():
        if key := read_key(name, course, problem):
            told = _object(value)
            part = Part(key.module, key.numbers, _answer(key, told.get("answer")))
            part.correctness = _TOLD.get(str(told.get("correct"))) if isinstance(told.get("correct"), bool) else None
            part.grade = _grade(part.correctness, None)
            format_ = _filled(told.get("response_type"))
            part.format = strip(format_)[:LONGEST_FORMAT] if format_ else None
            parts.append(part)
    return parts


def _filled(value: object) -> str | None:
    """A text that is not blank, as it is."""
    return value if isinstance(value, str) and not is_blank(value) else None


def _grade(correctness: str | None, npoints: object) -> float | None:
    if correctness == "partially-correct":
        return float(npoints) if is_number(npoints) and 0 <= npoints <= 1 else None  # type: ignore[arg-type,operator]
    return {"correct": 1.0, "incorrect": 0.0}.get(correctness or "")


def _grade_of_event(part: Part, payload: object) -> None:
    """The event's own grade speaks of the part if there is only one."""
    grade, most = _object(payload).get("grade"), _object(payload).get("max_grade")
    if is_number(most):
        part.max_grade = float(most)  # type: ignore[arg-type]
        if part.correctness == "partially-correct" and part.grade is None and is_number(grade):
            share = float(grade), float(most)  # type: ignore[arg-type]
            if 0 <= share[0] <= share[1] and share[1] > 0:
                part.grade = share[0] / share[1]


# post and query: what the browser sends


def _parts_of_post(payload: object, course: str | None, problem: Module | None) -> list[Part]:
    parts = []
    for name, value in _object(_object(payload).get("POST")).items():
        key = read_key(name, course, problem) if name.startswith("input_") else None
        if key:
            value = _single(value, key) if isinstance(value, list) else value
            parts.append(Part(key.module, key.numbers, _answer(key, value)))
    return parts


def _parts_of_query(payload: object, course: str | None, problem: Module | None) -> list[Part]:
    parts = []
    for name, values in read_query(payload if isinstance(payload, str) else "").items():
        key = read_key(name, course, problem)
        if key:
            parts.append(Part(key.module, key.numbers, _answer(key, _single([*values], key))))
    return parts


# graded: the query string again, and the page that came back


def _parts_of_graded_page(payload: object, course: str | None, problem: Module | None) -> list[Part]:
    if not isinstance(payload, list):
        return []
    query, page = [*payload, None, None][:2]
    parts = _parts_of_query(query, course, problem)
    for name, mark in read_marks(page if isinstance(page, str) else "").items():
        key = read_key(name, course, problem)
        if key:
            parts.append(Part(key.module, key.numbers, correctness=mark, grade=_grade(mark, None)))
    return parts


def read_marks(page: str) -> dict[str, str]:
    """The marks on a graded page, by name; the last one of a name counts."""
    return {name: word.lower() for name, word in _MARK.findall(page)}


_READERS = {"maps": _parts_of_maps, "post": _parts_of_post, "query": _parts_of_query, "graded": _parts_of_graded_page}


def attempts_of(payload: object) -> int | None:
    """The attempt number."""
    attempts = _object(payload).get("attempts")
    return attempts if is_integer(attempts) and 0 <= attempts < 2**31 else None  # type: ignore[operator,return-value]
