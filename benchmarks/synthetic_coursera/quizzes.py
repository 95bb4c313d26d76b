"""Quizzes of a synthetic course: their XML, and what learners hand in, as PHP writes it."""

from __future__ import annotations

from dataclasses import dataclass

import phpserialize
from synthetic_log.dice import Dice

from .people import words

_TYPES = ("radio", "radio", "select", "checkbox", "text")


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `options` are id and score when selected."""

    id: str
    kind: str
    options: tuple[tuple[str, float], ...]


def questions(seed: int, quiz: int, original: int | None = None) -> list[Question]:
    """The questions of a quiz; a copy has those of its original."""
    dice = Dice(seed, "questions", original or quiz)
    found = []
    for _ in range(dice.between(3, 6)):
        kind = dice.pick(_TYPES)
        identity = dice.hex(32) if dice.chance(0.7) else "q" + dice.hex(9)
        right = dice.below(4)
        options = () if kind == "text" else tuple((dice.hex(32), 1.0 if i == right or (kind == "checkbox" and i == 0) else 0.0) for i in range(4))
        found.append(Question(identity, kind, options))
    return found


def xml(seed: int, quiz: int, title: str, found: list[Question]) -> bytes:
    """The quiz as kvs(quiz) holds it."""
    dice = Dice(seed, "xml", quiz)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<quiz>",
        f"<metadata><title><![CDATA[{title}]]></title></metadata>",
        "<data><question_groups>",
    ]
    for question in found:
        kind = f"<choice_type>{question.kind}</choice_type>" if question.options else "<type>string</type>"
        form = "GS_Choice_Answer_Question" if question.options else "GS_Short_Answer_Question_Simple"
        lines.append(
            f'<question_group select="1"><question id="{question.id}" type="{form}"><metadata><parameters>{kind}</parameters></metadata><data>'
        )
        lines.append(f"<text><![CDATA[{words(dice, 5, 15)}]]></text><explanation><![CDATA[]]></explanation>")
        if question.options:
            lines.append('<option_groups randomize="true"><option_group select="all">')
            for identity, score in question.options:
                lines.append(f'<option id="{identity}" selected_score="{score:g}" unselected_score="0"><text><![CDATA[{words(dice, 2, 6)}]]></text>')
                lines.append(f"<explanation><![CDATA[{words(dice, 2, 6)}]]></explanation></option>")
            lines.append("</option_group></option_groups>")
        lines.append("</data></question></question_group>")
    lines.append("</question_groups></data></quiz>")
    return bytes(phpserialize.dumps("\n".join(lines)))


def submission(dice: Dice, found: list[Question], started: int, saved: int, number: int) -> bytes:
    """What a learner handed in, serialized twice."""
    answers: dict[str, object] = {}
    for question in found:
        if question.kind == "text":
            answers[question.id] = {"answer": words(dice, 1, 6)}
        elif question.kind == "checkbox":
            answers[question.id] = dict(enumerate(identity for identity, _ in question.options if dice.chance(0.4)))
        elif not dice.chance(0.03):
            answers[question.id] = {0: dice.pick(question.options)[0]}
    return twice({"answers": answers, "start_time": started, "saved_time": saved, "submission_number": number})


def twice(value: object) -> bytes:
    """Serialized twice."""
    return bytes(phpserialize.dumps(phpserialize.dumps(value)))
