"""What the rows of an output introduce: where each URL, module, problem, question and answer was first met, with ranks that order them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core
from .events._spec import KINDS
from .resolve import RECORD, Resolved, part_number
from .shards import text_buffers

Array = np.ndarray[Any, Any]
NAVIGATION, BOOK, PROBLEM, OPEN_RESPONSE = (KINDS.index(k) for k in ("navigation", "book", "problem", "open_response"))
REQUEST = _core.FLAGS["request"]
_SUB = 1 << 20  # room for the parts of an event in a rank


@dataclass
class Introduced:
    """What the translated rows of an output introduce, with ranks that order it by first appearance."""

    urls: Any = field(default_factory=_core.PairTable)  # (base, panel)
    modules: Any = field(default_factory=_core.PairTable)  # (module, 0) as resources
    module_pages: Any = field(default_factory=_core.PairTable)  # (module, 0), value: its first URL
    pairs: Any = field(default_factory=_core.PairTable)  # (2 * module or 2 * url + 1, url)
    problems: Any = field(default_factory=_core.PairTable)  # (module, numbers); -1 - a for the group of part `a`
    formats: Any = field(default_factory=_core.PairTable)  # (module, numbers), value: its first format
    surveys: Any = field(default_factory=_core.PairTable)  # (module, 0)
    questions: Any = field(default_factory=_core.PairTable)  # (module, or -1 - canonical type; question)
    answers: Any = field(default_factory=_core.PairTable)  # (answer text, 0)
    answer_texts: Any = field(default_factory=_core.Dictionary)

    def take(self, other: Introduced) -> dict[str, Array]:
        """Take in what a partition introduces. Returns the codes here of its URLs, questions and answers, by its own."""
        urls = _take(self.urls, other.urls)
        for name in ("modules", "problems", "formats", "surveys"):
            _take(getattr(self, name), getattr(other, name))
        (modules, nothing), (first, page) = other.module_pages.pairs(), other.module_pages.firsts()
        self.module_pages.see(modules, nothing, first, urls[page].astype(np.int64))
        resource, page = other.pairs.pairs()
        pages = np.flatnonzero(resource & 1)
        resource[pages] = 2 * urls[resource[pages] >> 1] + 1
        self.pairs.see(resource, urls[page], other.pairs.firsts()[0])
        texts = self.answer_texts.intern(*_buffers(other.answer_texts))
        answer, nothing = other.answers.pairs()
        answers = self.answers.see(texts[answer], nothing, other.answers.firsts()[0])
        return {"url": urls, "question": _take(self.questions, other.questions), "answer": answers}


def _take(ours: Any, theirs: Any) -> Array:
    codes: Array = ours.see(*theirs.pairs(), *theirs.firsts())
    return codes


def _buffers(dictionary: Any) -> tuple[Array, Array]:
    ends, data = dictionary.buffers()
    return ends, np.frombuffer(data, np.uint8)


def introduce(resolved: Resolved, seen: Introduced, canonical: Array) -> None:
    """Note what a partition introduces; fills `url`, `resource_is_module` and `replied`."""
    outcome = resolved.outcome
    kept = np.flatnonzero(outcome <= RECORD)
    names = ("ordinal", "kind", "base", "panel", "module", "flags")
    ordinal, kind, base, panel, module, flags = (_core.pick(resolved.events[name], kept) for name in names)

    paged = np.flatnonzero(base >= 0)
    url = np.full(len(kept), -1, np.int32)
    url[paged] = seen.urls.see(base[paged], panel[paged], ordinal[paged])
    on_page = (kind == NAVIGATION) | (kind == BOOK) | ((flags & REQUEST) != 0)
    by_module = (module >= 0) & ~on_page
    resolved.url[kept] = url
    resolved.resource_is_module[kept] = by_module

    about = np.flatnonzero(by_module)
    zero = np.zeros(len(about), np.int32)
    seen.modules.see(module[about], zero, ordinal[about])
    met = about[url[about] >= 0]
    seen.module_pages.see(module[met], zero[: len(met)], ordinal[met], url[met].astype(np.int64))
    resource = np.where(by_module, 2 * module, 2 * url + 1)
    seen.pairs.see(resource[paged], url[paged], ordinal[paged])

    _introduce_replies(resolved, seen, canonical)
    posed = np.flatnonzero((module >= 0) & ((kind == PROBLEM) | (kind == OPEN_RESPONSE)))
    seen.problems.see(module[posed], np.zeros(len(posed), np.int32), ordinal[posed] * _SUB)
    _introduce_parts(resolved, seen)


def _introduce_parts(resolved: Resolved, seen: Introduced) -> None:
    p = resolved.parts
    if not len(p["row"]):
        return
    row, module, numbers = p["row"], p["module"], p["numbers"]
    number = part_number(row)
    rank = resolved.events["ordinal"][row] * _SUB + np.minimum(3 * number + 1, _SUB - 4)
    seen.problems.see(module, np.zeros(len(row), np.int32), rank)
    numbered = np.flatnonzero(numbers > 0)
    group = -1 - (numbers[numbered] - 1) // 1000
    seen.problems.see(module[numbered], group.astype(np.int32), rank[numbered] + 1)
    seen.problems.see(module[numbered], numbers[numbered], rank[numbered] + 2)
    source = p["format_from"]
    formats = np.full(len(row), -1, np.int64)
    formats[source >= 0] = resolved.part_values["format"][source[source >= 0]]
    known = np.flatnonzero(formats >= 0)
    seen.formats.see(module[known], numbers[known], rank[known], formats[known])


def _introduce_replies(resolved: Resolved, seen: Introduced, canonical: Array) -> None:
    """Surveys, questions and answers; `canonical` numbers the types."""
    replies = resolved.children["replies"]
    replies = resolved.children["replies"] = replies.pick(resolved.outcome[replies.row] <= RECORD) if len(replies) else replies
    e, row = resolved.events, replies.row
    module, number = e["module"][row], np.minimum(part_number(row), _SUB - 1)
    rank = e["ordinal"][row] * _SUB + number
    asked = np.flatnonzero(module >= 0)
    seen.surveys.see(module[asked], np.zeros(len(asked), np.int32), rank[asked])
    subject = np.where(module >= 0, module, -1 - canonical[e["type"][row]]).astype(np.int32)
    answer = seen.answer_texts.intern(*text_buffers(replies.texts("answer"))) if len(replies) else np.zeros(0, np.int32)
    resolved.replied = {
        "question": seen.questions.see(subject, replies.numbers("question"), rank),
        "answer": seen.answers.see(answer, np.zeros(len(answer), np.int32), rank),
    }
