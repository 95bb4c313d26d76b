"""The XML of a quiz: its questions, their kinds, and what choosing and not choosing each option is worth."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

from .kinds import CHOICE_TYPES, FREE_TEXT, MULTIPLE, SINGLE

_BARE = re.compile(r"&(?!(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")
_CONTROL = re.compile(
    r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|&#(?:x0*(?:[0-8bcBCeEfF]|1[0-9a-fA-F])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));"
)
_LONGEST = 32 << 20  # characters


class QuizError(ValueError):
    """XML that cannot be read."""


@dataclass
class Question:
    """A question. `options`: id → worth when chosen and when not; None where that is not told."""

    id: str
    format: str
    options: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    named: bool = True  # whether it has an id of its own

    @property
    def most(self) -> float | None:
        """The best that can be reached; None if that is not known."""
        scores = list(self.options.values())
        if not scores or any(chosen is None for chosen, _ in scores):
            return None
        if self.format == SINGLE:
            return max(chosen for chosen, _ in scores if chosen is not None)
        if any(left is None for _, left in scores):
            return None
        return sum(max(chosen or 0.0, left or 0.0) for chosen, left in scores)

    @property
    def graded(self) -> bool:
        """Whether choices can be marked."""
        return self.format in (SINGLE, MULTIPLE)


def read_quiz(text: str) -> list[Question]:
    """The questions of a quiz, in order. Text of any kind is left out, so nothing in CDATA can do harm."""
    if len(text) > _LONGEST:
        raise QuizError("it is too long")
    text = _without_cdata(text.strip().lstrip("\ufeff"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise QuizError("it declares entities")
    text = _CONTROL.sub("", _BARE.sub("&amp;", text))
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)  # it is text already, whatever encoding it names
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise QuizError("it is not well formed") from error
    except RecursionError as error:
        raise QuizError("it is nested too deeply") from error
    return [_question(element, place) for place, element in enumerate(root.iter("question"), 1)]


def _without_cdata(text: str) -> str:
    """The text without its CDATA sections; one that does not end stays, and is an error later."""
    kept, at = [], 0
    while (start := text.find("<![CDATA[", at)) >= 0 and (end := text.find("]]>", start)) >= 0:
        kept.append(text[at:start])
        at = end + len("]]>")
    return "".join((*kept, text[at:]))


def _question(element: ElementTree.Element, place: int) -> Question:
    name = (element.get("id") or "").strip()
    choice = (element.findtext("metadata/parameters/choice_type") or "").strip().lower()
    question = Question(name or f"question_{place}", CHOICE_TYPES.get(choice, FREE_TEXT), named=bool(name))
    data = element.find("data")
    if question.graded and data is not None:
        for option in data.iter("option"):
            key = (option.get("id") or "").strip()
            if key:
                question.options.setdefault(key, (_score(option.get("selected_score")), _score(option.get("unselected_score", "0"))))
    return question


def _score(text: str | None) -> float | None:
    try:
        score = float(text or "")
    except ValueError:
        return None
    return score if math.isfinite(score) else None
