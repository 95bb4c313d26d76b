"""The `event` member: decoded, and read by member paths (rules.md, section 8)."""

from __future__ import annotations

from .repair import mend
from .strictjson import JsonError, parse
from .text import is_integer, strip


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
    """The member at a dotted path; an array on the way or at the end stands for its first element."""
    value = _first(payload)
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = _first(value.get(name))
    return value


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
