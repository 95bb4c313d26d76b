"""The `event` member: decoded, and read by member paths (rules.md, section 8)."""

from __future__ import annotations

from collections.abc import Iterable

from .repair import mend
from .strictjson import JsonError, parse
from .text import is_integer, is_number, strip

LONGEST_KEY = 255


def decode(value: object) -> tuple[object, bool]:
    """The payload, and whether it was text that could not be decoded."""
    if not isinstance(value, str):
        return value, False
    text = strip(value)
    try:
        return _once_more(parse(text)), False
    except JsonError:
        pass
    if "\\" in text:
        try:
            inner = parse(f'"{text}"')
            if isinstance(inner, str):
                return parse(strip(inner)), False
        except JsonError:
            pass
    mended = mend(text)
    if mended is not None:
        try:
            return parse(mended), False
        except JsonError:
            pass
    return text, True


def _once_more(value: object) -> object:
    """Text inside text is parsed, and kept if it is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return parse(strip(value))
    except JsonError:
        return value


def is_bad(value: object, *, decoded: bool) -> bool:
    """Whether a payload looks like JSON and is none: cut, or not decodable (which shows only if it is `decoded`)."""
    if not isinstance(value, str):
        return False
    text = strip(value)
    if not text.startswith(("{", "[")):
        return False
    return not text.endswith("}" if text.startswith("{") else "]") or (decoded and decode(value)[1])


def member(payload: object, path: str) -> object:
    """The member at a dotted path, `.` the payload itself; an array on the way or at the end stands for its first element.

    Text that is no JSON has no members, and is none.
    """
    return None if isinstance(payload, str) else _first(end_of(payload, path))


def end_of(payload: object, path: str) -> object:
    """The same, but what stands at the end is taken as it is."""
    value = payload
    for name in path.split(".") if path != "." else ():
        value = _first(value)
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def found(payload: object, paths: Iterable[str]) -> object:
    """The first member that is there: that is something other than null."""
    return next((value for path in paths if (value := member(payload, path)) is not None), None)


def found_end(payload: object, paths: Iterable[str], *, single: bool = False) -> object:
    """The same with what stands at the end as it is; with `single` an array of exactly one element stands for that element."""
    for path in paths:
        value = end_of(payload, path)
        if single and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if value is not None:
            return value
    return None


def found_text(payload: object, paths: Iterable[str]) -> str | None:
    """The first member that is text and not blank, as it is."""
    values = (member(payload, path) for path in paths)
    return next((value for value in values if isinstance(value, str) and strip(value)), None)


def found_key(payload: object, paths: Iterable[str]) -> str | None:
    """The id by which things refer to each other: such a text, stripped and cut."""
    text = found_text(payload, paths)
    return strip(text)[:LONGEST_KEY] if text is not None else None


def found_number(payload: object, paths: Iterable[str]) -> float | None:
    """The first member that is there, if it is a number (and not text)."""
    value = found(payload, paths)
    return float(value) if is_number(value) else None  # type: ignore[arg-type]


def _first(value: object) -> object:
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def platform_id(value: object) -> str | None:
    """The digits of a numeric user id, without leading zeros."""
    if is_integer(value):
        return str(value)
    if isinstance(value, str):
        digits = strip(value)
        if digits.isascii() and digits.isdigit() and len(digits) <= 20:
            return digits.lstrip("0") or "0"
    return None
