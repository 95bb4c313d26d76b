"""What a player told (rules.md, section 8)."""

from __future__ import annotations

from math import isfinite

from moocdb_fast.events._spec import Clicks

from .payload import found_text, member
from .strictjson import is_number_literal
from .text import is_number, strip

LONGEST_CODE = 255
_NUMBERS = ("current_time", "old_time", "new_time", "old_speed", "new_speed")


def read_clicks(declared: Clicks, payload: object) -> dict[str, str | float | None]:
    """A code, and numbers: of each the first declared member that is one."""
    code = found_text(payload, declared.code)
    found: dict[str, str | float | None] = {"code": code[:LONGEST_CODE] if code else None}
    for column in _NUMBERS:
        values = (_number(member(payload, path)) for path in getattr(declared, column))
        found[column] = next((v for v in values if v is not None), None)
    return found


def _number(value: object) -> float | None:
    """A number; players also write numbers as text (speeds do)."""
    if isinstance(value, str) and is_number_literal(strip(value)):
        value = float(strip(value))
    return float(value) if is_number(value) and isfinite(value) else None  # type: ignore[arg-type]
