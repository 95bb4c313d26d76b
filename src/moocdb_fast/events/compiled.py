"""The declarations as plain tuples, in the shape that the kernel's `Tables` takes."""

from __future__ import annotations

from typing import Any

from . import OTHER, PAGE_VIEW, PATHS, TYPES
from ._spec import (
    ACTS,
    ANSWER_FORMS,
    FATES,
    FORMS,
    GRADERS,
    KINDS,
    MODES,
    POST_TYPES,
    TRUSTS,
    Assess,
    Meaning,
    Post,
    Question,
    Submit,
    Whole,
)
from .filters import MACHINE_AGENTS, STUDIO_HOSTS


def _paths(fields: tuple[str, ...]) -> list[list[bytes]]:
    return [[part.encode() for part in field.split(".") if part] for field in fields]


def _members(declared: Any, *names: str) -> dict[str, Any]:
    return {name: _paths(getattr(declared, name)) for name in names}


def _submit(s: Submit | None) -> dict[str, Any] | None:
    if s is None:
        return None
    whole = s.whole or Whole()
    fields = _members(whole, "answer", "item", "attempts", "correct", "earned", "possible", "key")
    return {"act": ACTS.index(s.act), "code": s.code, "trust": TRUSTS.index(s.trust), "form": FORMS.index(s.form), "essay": whole.essay, **fields}


def _post(p: Post | None) -> dict[str, Any] | None:
    if p is None:
        return None
    fields = _members(p, "key", "about", "content", "undo")
    return {"type": 1 + POST_TYPES.index(p.type), "trust": TRUSTS.index(p.trust), "word": p.word.encode(), "needs_content": p.needs_content, **fields}


def _assess(a: Assess | None) -> dict[str, Any] | None:
    if a is None:
        return None
    return {"grader": GRADERS.index(a.grader), **_members(a, "key", "rubric", "earned", "possible", "feedback")}


def _question(q: Question) -> tuple[bytes, bytes, int, list[list[bytes]]]:
    return q.type.encode(), q.name.encode(), ANSWER_FORMS.index(q.form), _paths(q.answer)


def _meaning(m: Meaning) -> dict[str, Any]:
    c = m.clicks
    numbers = (c.current_time, c.old_time, c.new_time, c.old_speed, c.new_speed) if c else ()
    return {
        "kind": KINDS.index(m.kind),
        "mode": MODES.index(m.mode),
        "fate": FATES.index(m.fate),
        "reads_payload": m.reads_payload,
        "joins": m.joins,
        "staff": m.staff,
        "profile": m.profile,
        "category": m.category.encode(),
        **_members(m, "module", "panel", "course", "user", "page", "final_grade"),
        "submit": _submit(m.submit),
        "post": _post(m.post),
        "assess": _assess(m.assess),
        "questions": [_question(q) for q in m.questions],
        "click_code": _paths(c.code) if c else None,
        "click_numbers": [_paths(n) for n in numbers],
    }


def compile_tables() -> dict[str, Any]:
    """All declarations as the kernel wants them; meanings are shared by number."""
    numbers: dict[Meaning, int] = {}

    def number(m: Meaning) -> int:
        return numbers.setdefault(m, len(numbers))

    browser: dict[bytes, int] = {}
    others: dict[bytes, int] = {}
    patterns: list[tuple[bytes, int, bytes, bool, bool]] = []
    for t in TYPES:
        if "**" in t.name:
            patterns.append((t.name.encode(), number(t.meaning), t.label.encode(), t.source != "server", t.source != "browser"))
            continue
        for name in (t.name, *t.also):
            if t.source != "server":
                browser[name.encode()] = number(t.meaning)
            if t.source != "browser":
                others[name.encode()] = number(t.meaning)
    paths = [(number(p.meaning), p.pattern.encode(), p.action.encode(), [c.encode() for c in p.categories], p.about, p.label.encode()) for p in PATHS]
    other, page_view = number(OTHER), number(PAGE_VIEW)
    return {
        "meanings": [_meaning(m) for m in numbers],
        "browser": browser,
        "others": others,
        "patterns": patterns,
        "paths": paths,
        "other": other,
        "page_view": page_view,
        "machine_agents": [s.encode() for s in MACHINE_AGENTS],
        "studio_hosts": [s.encode() for s in STUDIO_HOSTS],
    }
