"""How an export is laid out: the names of its tables, its format and its course, told from its structure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import InputError
from .source import Column, Kind

_KVS = re.compile(r"kvs_course\.(?:(\d+)\.)?(.+)")
_WRITTEN = ("value",)
"""Columns of key-value tables that hold what PHP wrote: lengths in it count bytes."""


def logical(table: str) -> str:
    """The name of a table without its course: `kvs.quiz` for `kvs_course.120.quiz` and for `kvs_course.quiz`."""
    match = _KVS.fullmatch(table)
    return f"kvs.{match[2]}" if match else table


def course_of(tables: Iterable[str]) -> int | None:
    """The number in the names of the key-value tables of format 1."""
    numbers = {int(match[1]) for table in tables if (match := _KVS.fullmatch(table)) and match[1]}
    if len(numbers) > 1:
        raise InputError(
            f"the key-value tables belong to several courses: {', '.join(map(str, sorted(numbers)))}", "give the three dumps of one course"
        )
    return numbers.pop() if numbers else None


def as_read(table: str, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of a table as the translation gets them."""
    if not table.startswith("kvs."):
        return columns
    return tuple(Column(c.name, Kind.BYTES, c.charset) if c.name in _WRITTEN and c.kind is Kind.TEXT else c for c in columns)


def format_of(tables: Mapping[str, tuple[Column, ...]]) -> int:
    """1 or 2, by the column that knows a user."""
    for table in ("hash_mapping", "users"):
        names = {column.name for column in tables.get(table, ())}
        if "anon_user_id" in names:
            return 1
        if "session_user_id" in names:
            return 2
    raise InputError(
        "these are no dumps of a Coursera session course: neither hash_mapping nor users has a column anon_user_id or session_user_id",
        "give the dumps hash_mapping, anonymized_general and anonymized_forum of one course",
    )
