"""Surveys, their questions, and the answers given (rules.md, section 12)."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import Answer
from .envelope import Event
from .modules import Module
from .names import canonical
from .resources import Numbers

LONGEST_REFERENCE = 555
Row = dict[str, object]


@dataclass(frozen=True)
class Question:
    """A question of a module, or of a type of events that know no module."""

    of: Module | str
    type: str
    name: str
    shown: bool

    def row(self, id_: int, survey: int | None) -> Row:
        """Its row."""
        of = self.of.id if isinstance(self.of, Module) else self.of
        return {
            "question_id": id_,
            "question_content": self.name if self.shown else None,
            "question_type": self.type,
            "question_reference": (f"{of}/{self.name}" if self.name else of)[:LONGEST_REFERENCE],
            "survey_id": survey,
        }


class Feedbacks:
    """Surveys, questions and answers as feedbacks introduce them."""

    def __init__(self) -> None:
        self._surveys: Numbers[Module] = Numbers()
        self._questions: Numbers[Question] = Numbers()
        self._answers: Numbers[str] = Numbers()

    def ids(self, event: Event, answer: Answer) -> Row:
        """What a feedback refers to."""
        if event.module:
            self._surveys(event.module)
        question = Question(event.module or canonical(event.type), answer.type, answer.name, answer.shown)
        return {"answer_id": self._answers(answer.text), "question_id": self._questions(question)}

    def surveys(self) -> list[Row]:
        """One for each module that is asked about."""
        return [{"survey_id": n} for n in self._surveys.ids.values()]

    def questions(self) -> list[Row]:
        """All questions."""
        surveys = self._surveys.ids
        return [q.row(n, surveys[q.of] if isinstance(q.of, Module) else None) for q, n in self._questions.ids.items()]

    def answers(self) -> list[Row]:
        """All distinct texts."""
        return [{"answer_id": n, "answer_content": text} for text, n in self._answers.ids.items()]
