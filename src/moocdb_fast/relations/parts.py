"""Answers, marks and states of problems, each under the id of the part it belongs to (rules, section 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from .lines import text_of

_CHOICE = re.compile(r"_choice_([A-Za-z0-9_]+)\Z")
_UNSAID = ("", "true", "on")
_MARK = re.compile(r"""aria-describedby=[\\"']*(input_[^\\"'> ]++)[>Stausn\s\\:"']*+([iI]n)?correct""")
_MARK_NAME_MOST = 1000
STATES = ("old_state", "new_state", "state")


@dataclass
class Part:
    """What an event says about a part. `answer` is None when it says nothing of that kind."""

    answer: str | None = None
    mark: dict[str, Any] | None = None


@dataclass
class State:
    """A state of a problem, by part: the answer, the mark and the input that it holds."""

    seed: Any
    done: Any
    parts: dict[str, tuple[str | None, dict[str, Any] | None, str | None]] = field(default_factory=dict)


def part_key(key: str) -> tuple[str, str]:
    """The part that a key names ("" for the preview of a formula, which is none), and the choice that it holds, if any."""
    key = key.removeprefix("input_").removesuffix("[]")
    if key.endswith("_dynamath"):
        return "", ""
    choice = _CHOICE.search(key)
    return (key[: choice.start()], f"choice_{choice[1]}") if choice else (key, "")


def _give(parts: dict[str, Part], key: str, answer: str | None) -> None:
    name, choice = part_key(key)
    if not name:
        return
    if choice and (answer or "").strip() in _UNSAID:
        answer = choice
    part = parts.setdefault(name, Part())
    if part.answer is None:
        part.answer = answer


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _answer(value: Any) -> str | None:
    return None if value is None else text_of(value)


def of_maps(payload: dict[str, Any]) -> dict[str, Part]:
    """The parts of a server event: members `answers`, `correct_map`, `submission`."""
    parts: dict[str, Part] = {}
    for key, value in _object(payload.get("answers")).items():
        _give(parts, key, _answer(value))
    for key, value in _object(payload.get("correct_map")).items():
        name, _ = part_key(key)
        if name and isinstance(value, dict):
            parts.setdefault(name, Part()).mark = value
    for key, value in _object(payload.get("submission")).items():
        name, _ = part_key(key)
        if not name or not isinstance(value, dict):
            continue
        _give(parts, key, _answer(value.get("answer")))
        part, right = parts[name], value.get("correct")
        if part.mark is None and isinstance(right, bool):
            part.mark = {"correctness": "correct" if right else "incorrect"}
    return parts


def of_query(text: str) -> dict[str, Part]:
    """The parts of a query string. Values of a repeated key are collected."""
    pairs = (piece.partition("=") for piece in text.split("&") if piece)
    return _collected((_unquoted(key), _unquoted(value)) for key, _, value in pairs)


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="replace")


def of_post(post: Any) -> dict[str, Part]:
    """The parts of a request."""
    fields = ((key, value if isinstance(value, list) else [value]) for key, value in _object(post).items())
    return _collected((key, text_of(value)) for key, values in fields for value in values)


def _collected(pairs: Iterable[tuple[str, str]]) -> dict[str, Part]:
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        if key.startswith("input_"):
            values.setdefault(key, []).append(value)
    parts: dict[str, Part] = {}
    for key, given in values.items():
        several = len(given) > 1 or key.endswith("[]")
        _give(parts, key, json.dumps(given, ensure_ascii=False, separators=(",", ":")) if several else given[0])
    return parts


def of_graded(payload: Any) -> dict[str, Part]:
    """The parts of a graded page: its query string, and the marks in its text."""
    elements = payload if isinstance(payload, list) else []
    parts = of_query(elements[0]) if elements and isinstance(elements[0], str) else {}
    for name, wrong in _MARK.findall(elements[1]) if len(elements) > 1 and isinstance(elements[1], str) else ():
        key, _ = part_key(name)
        if key and len(name) <= _MARK_NAME_MOST:
            parts.setdefault(key, Part()).mark = {"correctness": "incorrect" if wrong else "correct"}
    return parts


def states_of(payload: Mapping[str, Any]) -> Iterator[State]:
    """The states of the problem that a server event holds, in order."""
    for name in STATES:
        value = payload.get(name)
        state = _state(value) if isinstance(value, dict) else None
        if state and (state.parts or state.seed is not None or state.done is not None):
            yield state


def _state(value: dict[str, Any]) -> State:
    state = State(value.get("seed"), value.get("done"))
    answers = of_maps({"answers": value.get("student_answers")})
    marks = of_maps({"correct_map": value.get("correct_map")})
    inputs = {part_key(key)[0]: text_of(v) if v else "" for key, v in _object(value.get("input_state")).items() if v is not None}
    for key in dict.fromkeys((*answers, *marks, *inputs)):
        if key:
            answer, mark = answers.get(key, Part()).answer, marks.get(key, Part()).mark
            state.parts[key] = answer, mark, inputs.get(key)
    return state
