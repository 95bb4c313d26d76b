"""Times as whole microseconds since 1970, UTC (rules.md, section 4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from .text import is_integer, is_number, strip

EPOCH = datetime(1970, 1, 1)
EARLIEST = (datetime.min - EPOCH) // timedelta(microseconds=1)
LATEST = (datetime.max - EPOCH) // timedelta(microseconds=1)
SECOND = 1_000_000
FIRST_MILLISECONDS = 10**11  # numbers from here up are milliseconds

_TEXT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"[Tt ]"
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]+))?"
    r"(?:(Z|z| UTC|UTC)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_DIGITS = re.compile(r"[0-9]{1,18}")


def read_time(value: object) -> int | None:
    """Microseconds since 1970 of a `time` member; None if it is no time of the years 1 to 9999."""
    if isinstance(value, str):
        return _of_text(value)
    if is_number(value):
        assert isinstance(value, int | float)
        return _in_range(_of_number(value, milliseconds=abs(value) >= FIRST_MILLISECONDS))
    if isinstance(value, dict):
        return _of_date(value.get("$date"))
    return None


def show_time(microseconds: int) -> str:
    """`YYYY-MM-DD HH:MM:SS.ffffff`."""
    moment = EPOCH + timedelta(microseconds=microseconds)
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02} {moment:%H:%M:%S}.{moment.microsecond:06}"


def _of_date(value: object) -> int | None:
    if isinstance(value, str):
        return _of_text(value)
    if is_number(value):
        assert isinstance(value, int | float)
        return _in_range(_of_number(value, milliseconds=True))
    if isinstance(value, dict):
        digits = value.get("$numberLong")
        if isinstance(digits, str) and _DIGITS.fullmatch(digits):
            return _in_range(int(digits) * 1000)
    return None


def _of_number(value: int | float, *, milliseconds: bool) -> int:
    """An epoch; Python rounds fractions half to even, as the rule wants."""
    unit = 1000 if milliseconds else SECOND
    return int(value) * unit if is_integer(value) else round(Fraction(value) * unit)


def _of_text(text: str) -> int | None:
    match = _TEXT.fullmatch(strip(text))
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, hours, minutes = match.groups()
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC).replace(tzinfo=None)
    except ValueError:
        return None
    local = (moment - EPOCH) // timedelta(microseconds=1) + int((fraction or "0")[:6].ljust(6, "0"))
    ahead = (int(hours or 0) * 60 + int(minutes or 0)) * 60 * SECOND
    return _in_range(local + ahead if sign == "-" else local - ahead)


def _in_range(microseconds: int) -> int | None:
    return microseconds if EARLIEST <= microseconds <= LATEST else None
