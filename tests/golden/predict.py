"""Which rows the published pipeline makes of a line, and out of which answer, mark and state each of them is put together.

It walks three dictionaries side by side and joins what stands at the same position, so a row can be about one part
and carry the answer of another. Knowing the three keys of a row is what makes the rules exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from .legacy import dict_order, ripemd160
from .source import LOST, Line

_I4X = re.compile(r"i4x://?[^/]+/[^/]+/([^/]+)/([^/]+)/?([a-z_]+)?$")
_CODES = {
    "problem_check": 1, "problem_graded": 1, "save_problem_check": 1, "i4x_problem_problem_check": 1,
    "save_problem_success": 0, "problem_save": 0, "i4x_problem_problem_save": 0,
    "problem_check_fail": 2, "save_problem_check_fail": 2, "reset_problem_fail": 2, "save_problem_fail": 2,
    "reset_problem": 3, "problem_reset": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One predicted submission row: the keys joined in it. `copy`: written a second time by mistake."""

    mark: str | None = None
    answer: str | None = None
    text: str | None = None  # the answer as in the source
    state: bool = False
    copy: bool = False


def old_type(line: Line) -> str:
    """The event type in the published output."""
    name = line.type or str(line.payload.get("name", ""))
    if name.startswith("/") and name.endswith("/about"):
        return "about"
    if name.startswith("/password_reset_confirm"):
        return "password_reset_confirm"
    if "seq_" in name:
        return name
    if "i4x:/" in name:
        m = _I4X.search(name)
        return f"i4x_{m[1]}_{m[3]}" if m else "i4x__"
    return "url_change" if re.match(r"/[^:]", name) else name


def code(line: Line) -> int | None:
    """submission_is_submitted of the line's rows; None if its type makes no submissions."""
    return _CODES.get(old_type(line))


def submissions(line: Line) -> list[Row]:
    """The rows of a submitting line, in order."""
    kind = old_type(line)
    if line.event is LOST or kind not in _CODES:
        return []
    if kind == "i4x_problem_problem_check":
        answers = dict_order(k for k, v in line.post.items() if v is not None)
        found = [Row(answer=k, text=_joined(line.post[k])) for k in answers]
        return [*found, Row(found[-1].mark, found[-1].answer, found[-1].text, copy=True)] if found else [Row()]
    if kind == "problem_graded":
        return [Row(answer=k, text=line.marks[k]) for k in dict_order(line.marks)]
    if isinstance(line.event, str):
        if kind == "problem_reset":
            return [Row()]
        plain = line.plain_query
        if plain is None:
            return [] if kind == "problem_save" else [Row()]
        return [Row(answer=k, text=v) for k, v in plain.items()]
    if not isinstance(line.event, dict) or kind.startswith("i4x"):
        return [Row()]
    return _joined_rows(line.payload, kind)


def _joined_rows(payload: dict[str, Any], kind: str) -> list[Row]:
    maps = dict_order(payload.get("correct_map") or {}) if kind in ("problem_check", "save_problem_check") else []
    given = payload.get("answers") or {}
    answers = [k for k in dict_order(given) if given[k] is not None] if kind != "reset_problem" else []
    sources = ("old_state", "new_state") if kind == "reset_problem" else ("state",)
    states = [True] * sum(_states(payload.get(s) or {}) for s in sources)
    found = [Row(m, a, _joined(given[a]) if a else None, bool(s)) for m, a, s in zip_longest(maps, answers, states)]
    if kind.endswith("check_fail"):
        last = found[-1] if found else Row()
        found.append(Row(last.mark, last.answer, last.text, last.state, copy=bool(found)))
    return found


def _states(state: dict[str, Any]) -> int:
    parts = (state.get(k) or {} for k in ("student_answers", "correct_map", "input_state"))
    return max(sum(v is not None for v in part.values()) for part in parts)


def _joined(value: Any) -> str:
    return ",".join(str(v) for v in value) if isinstance(value, list) else str(value)


def events(line: Line) -> int:
    """How many observed events the line makes, as far as its type decides."""
    kind = old_type(line)
    if kind in _CODES or kind == "reset_problem_fail" or "page_close" in kind or "sequential" in kind:
        return 0
    if kind == "problem_rescore":
        return len(line.payload.get("correct_map") or {})
    if kind == "problem_rescore_fail":
        return _states(line.payload.get("state") or {})
    return 1


def clean(text: str) -> str:
    """Text on its way into the intermediary file (what is not ASCII is left to the caller)."""
    return re.sub(r"[\n\r]", "; ", text).replace("\\", "").replace("'", "\\'")


def reread(text: str) -> str:
    """An answer on its way out of the intermediary file, whose reader knows no backslash: only doubled quotes are special."""
    cell = clean(text) + "','"
    out, i, quoted = "", 0, True
    while i < len(cell):
        c = cell[i]
        if quoted and c == "'":
            if cell[i + 1 : i + 2] == "'":
                out, i = out + "'", i + 1
            else:
                quoted = False
        elif not quoted and c == ",":
            break
        else:
            out += c
        i += 1
    return out


def user_hash(name: str) -> str:
    """The published pipeline's user id of an ASCII name."""
    return ripemd160(clean(name).encode("ascii"))
