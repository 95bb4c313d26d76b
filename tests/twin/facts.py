"""What events say about users (rules.md, sections 9a and 12)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pycountry

from .payload import member
from .text import is_integer, strip, text_or_none
from .times import EPOCH, show_time

SETTINGS = ("gender", "year_of_birth", "country", "language")
LONGEST = 45
_YEAR = re.compile("[0-9]{1,4}")


@dataclass(frozen=True)
class Setting:
    """A change of somebody's profile."""

    name: str
    value: str


def read_setting(payload: object) -> Setting | None:
    """The setting that an event changes, and its new value."""
    name, new = member(payload, "setting"), member(payload, "new")
    value = str(new) if is_integer(new) else text_or_none(new)
    return Setting(name, value) if isinstance(name, str) and name in SETTINGS and value is not None else None


def cut(value: str | None) -> str | None:
    """Gender and language, as the tables hold them."""
    return None if value is None else value[:LONGEST]


def birthdate(value: str | None) -> str | None:
    """The first of January of a year of birth."""
    if value is None or not _YEAR.fullmatch(value) or int(value) == 0:
        return None
    return show_time((EPOCH.replace(year=int(value)) - EPOCH) // timedelta(microseconds=1))


def country(value: str) -> str | None:
    """Three letters for a known code of two."""
    known = pycountry.countries.get(alpha_2=strip(value)) if len(value) == 2 else None
    return str(known.alpha_3) if known else None
