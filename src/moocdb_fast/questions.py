"""Surveys, questions and answers, by first appearance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .columns import Text
from .introduced import Introduced
from .plan import Plan
from .tabular import numbered

Array = np.ndarray[Any, Any]
_REFERENCE = 555


@dataclass
class Feedback:
    """The tables, and the ids of questions and answers by the codes of Introduced."""

    tables: dict[str, pa.Table]
    ids: tuple[Array, Array]


def build_feedback(plan: Plan, seen: Introduced) -> Feedback:
    """What was asked, and what was answered."""
    survey_order, survey_ids = _by_first(seen.surveys)
    survey_of = dict(zip(seen.surveys.pairs()[0].tolist(), survey_ids.tolist(), strict=True))
    question_order, question_ids = _by_first(seen.questions)
    answer_order, answer_ids = _by_first(seen.answers)
    kinds = plan.merged.texts("question").to_pylist()
    subjects, questions = (x[question_order].tolist() for x in seen.questions.pairs())
    rows = [_question(plan, subject, kinds[question]) for subject, question in zip(subjects, questions, strict=True)]
    texts = Text(*seen.answer_texts.buffers())
    nothing = [None] * len(survey_order)
    tables = {
        "surveys": numbered("surveys", {"survey_start_timestamp": nothing}),
        "questions": numbered(
            "questions",
            {
                "question_content": [content for content, _, _ in rows],
                "question_type": [kind for _, kind, _ in rows],
                "question_reference": [reference for _, _, reference in rows],
                "survey_id": [survey_of.get(subject) for subject in subjects],
            },
        ),
        "answers": numbered("answers", {"answer_content": [texts.at(code) for code in seen.answers.pairs()[0][answer_order].tolist()]}),
    }
    return Feedback(tables, (question_ids, answer_ids))


def _by_first(pairs: Any) -> tuple[Array, Array]:
    """Pairs by first appearance, and the id of each."""
    order = np.argsort(pairs.firsts()[0], kind="stable")
    ids = np.empty(len(order), np.int32)
    ids[order] = np.arange(1, len(order) + 1)
    return order, ids


def _question(plan: Plan, subject: int, text: str) -> tuple[str | None, str, str]:
    """Content, type and reference of a question about a module or, below 0, a type of events."""
    kind, shown, name = text.split("\x1f", 2)
    reference = plan.merged.modules.id_of(subject) if subject >= 0 else plan.canonical.names[-1 - subject]
    return name if shown == "1" else None, kind, (f"{reference}/{name}" if name else reference)[:_REFERENCE]
