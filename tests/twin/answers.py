"""Answers to polls, surveys and rubrics (rules.md, section 9a)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moocdb_fast.events._spec import Question

from .parts import answer_text
from .payload import found_end
from .text import is_blank

LONGEST_NAME = 255


@dataclass(frozen=True)
class Answer:
    """An answer and its question; the name of the question is shown where it is what people read."""

    type: str
    name: str
    shown: bool
    text: str


def read_answers(declared: tuple[Question, ...], payload: object) -> list[Answer]:
    """All answers that an event gives."""
    given = []
    for question in declared:
        for name, value in _named(question, found_end(payload, question.answer, single=question.form == "value")):
            text = answer_text(value)
            if text is not None and not is_blank(text):
                given.append(Answer(question.type, name[:LONGEST_NAME], question.form in ("members", "rubric"), text))
    return given


def _named(question: Question, value: object) -> Iterator[tuple[str, object]]:
    """The names of the questions and what was answered."""
    if question.form == "value":
        yield question.name, value
    elif question.form == "each":
        for element in value if isinstance(value, list) else [value]:
            yield question.name, element
    elif question.form == "members":
        yield from value.items() if isinstance(value, dict) else ()
    else:
        for element in value if isinstance(value, list) else ():
            criterion, option = (_object(element).get(name) for name in ("criterion", "option"))
            name = _object(criterion).get("name")
            if isinstance(name, str) and not is_blank(name):
                yield name, _object(option).get("name")


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
