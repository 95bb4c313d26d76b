"""The declarations as plain tuples, in the shape that the kernel's `Tables` takes."""

from __future__ import annotations

from typing import Any

from . import OTHER, PAGE_VIEW, PATHS, TYPES
from ._spec import ACTS, FATES, FORMS, KINDS, MODES, TRUSTS, Meaning
from .filters import MACHINE_AGENTS, STUDIO_HOSTS


def _paths(fields: tuple[str, ...]) -> list[list[bytes]]:
    return [[part.encode() for part in field.split(".")] for field in fields]


def _meaning(m: Meaning) -> dict[str, Any]:
    s, c = m.submit, m.clicks
    numbers = (c.current_time, c.old_time, c.new_time, c.old_speed, c.new_speed) if c else ()
    return {
        "kind": KINDS.index(m.kind),
        "mode": MODES.index(m.mode),
        "fate": FATES.index(m.fate),
        "reads_payload": m.reads_payload,
        "joins": m.joins,
        "category": m.category.encode(),
        "module": _paths(m.module),
        "panel": _paths(m.panel),
        "course": _paths(m.course),
        "user": _paths(m.user),
        "submit": (ACTS.index(s.act), s.code, TRUSTS.index(s.trust), FORMS.index(s.form)) if s else None,
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
    for t in TYPES:
        for name in (t.name, *t.also):
            if t.source != "server":
                browser[name.encode()] = number(t.meaning)
            if t.source != "browser":
                others[name.encode()] = number(t.meaning)
    paths = [(number(p.meaning), p.pattern.encode(), p.action.encode(), [c.encode() for c in p.categories]) for p in PATHS]
    other, page_view = number(OTHER), number(PAGE_VIEW)
    return {
        "meanings": [_meaning(m) for m in numbers],
        "browser": browser,
        "others": others,
        "paths": paths,
        "other": other,
        "page_view": page_view,
        "machine_agents": [s.encode() for s in MACHINE_AGENTS],
        "studio_hosts": [s.encode() for s in STUDIO_HOSTS],
    }
