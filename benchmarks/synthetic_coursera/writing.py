"""Rows as the dumps that mysqldump or phpMyAdmin write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Literal

from .course import Course
from .people import Person
from .structure import columns, create, sql_name, tables

Layout = Literal["mysqldump", "phpmyadmin", "rows"]
_ESCAPED = str.maketrans({"\0": "\\0", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'", '"': '\\"', "\x1a": "\\Z"})
_PACKET = 1_000_000
_HEAD = """-- MySQL dump 10.13  Distrib 5.5.40, for debian-linux-gnu (x86_64)
--
-- Synthetic data: no row comes from a real course
-- ------------------------------------------------------

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
"""
_TAIL = """/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;

-- Dump completed on 2015-01-01  0:00:00
"""


def literal(value: object) -> str:
    """A value in an INSERT."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPED)}'"
    if isinstance(value, bytes):
        return f"'{value.decode('utf-8', 'surrogateescape').translate(_ESCAPED)}'"
    return f"{value:g}" if isinstance(value, float) and value == int(value) else str(value)


def write_part(course: Course, part: str, form: int, out: BinaryIO, layout: Layout = "mysqldump") -> int:
    """One of the three dumps; how many rows it has."""
    rows = 0
    out.write(_HEAD.encode())
    for table in tables(part):
        name = sql_name(table, form, course.number)
        out.write(f"\nDROP TABLE IF EXISTS `{name}`;\n{create(part, table, form, course.number)};\n\n".encode())
        tuples = _tuples(course, part, table, form)
        if layout == "mysqldump":
            out.write(f"LOCK TABLES `{name}` WRITE;\n/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;\n".encode())
        rows += _insert(name, tuples, [column.name for column in columns(part, table, form)], out, layout)
        if layout == "mysqldump":
            out.write(f"/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;\nUNLOCK TABLES;\n".encode())
    out.write(_TAIL.encode())
    return rows


def _tuples(course: Course, part: str, table: str, form: int) -> Iterator[str]:
    """The rows of a table as SQL."""
    cols = [
        (column.key, column.default, column.name == "item_id" and column.sql.split()[1].startswith("varchar"))
        for column in columns(part, table, form)
    ]
    for row in course.rows(table):
        values = []
        for key, default, text in cols:
            value = row.get(key, default)
            if isinstance(value, Person):
                value = (value.forum if form == 1 else value.number) if key == "@forum" else value.anon
            values.append(literal(str(value) if text else value))
        yield f"({','.join(values)})"


def _insert(name: str, tuples: Iterator[str], names: list[str], out: BinaryIO, layout: Layout) -> int:
    """Write INSERTs; how many rows there were."""
    start = f"INSERT INTO `{name}` " + ("" if layout == "mysqldump" else "(" + ", ".join(f"`{n}`" for n in names) + ") ")
    start += "VALUES " if layout == "mysqldump" else "VALUES\n"
    between = "," if layout == "mysqldump" else ",\n"
    rows, pieces, size = 0, list[str](), 0
    for text in tuples:
        rows += 1
        pieces.append(text)
        size += len(text)
        if size > _PACKET or layout == "rows":
            out.write((start + between.join(pieces) + ";\n").encode("utf-8", "surrogateescape"))
            pieces, size = [], 0
    if pieces:
        out.write((start + between.join(pieces) + ";\n").encode("utf-8", "surrogateescape"))
    return rows
