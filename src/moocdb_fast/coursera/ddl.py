"""What the statements of a dump say, other than its rows: the columns of tables, and how strings are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .source import Column, Kind

_TOKEN = re.compile(
    r"""\s+ | `(?P<tick>(?:[^`]|``)*)` | "(?P<double>(?:[^"\\]|""|\\.)*)" | '(?P<single>(?:[^'\\]|''|\\.)*)'
    | (?P<word>[\w$@]+) | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_INTEGERS = (
    "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "bool", "boolean", "year", "serial", "int1", "int2", "int3", "int4", "int8",
)  # fmt: skip
_REALS = ("float", "float4", "float8", "double", "real", "decimal", "dec", "numeric", "fixed")
_TEXTS = (
    "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json", "national", "nchar", "nvarchar", "character", "uuid",
    "inet4", "inet6",
)  # fmt: skip
_BYTES = (
    "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon", "multipoint",
    "multilinestring", "multipolygon", "geometrycollection",
)  # fmt: skip
_TIMES = ("date", "datetime", "timestamp", "time")
_KINDS = {
    name: kind
    for kind, names in ((Kind.INTEGER, (*_INTEGERS, "bit")), (Kind.REAL, _REALS), (Kind.TEXT, _TEXTS), (Kind.BYTES, _BYTES), (Kind.TIME, _TIMES))
    for name in names
}
_NO_COLUMN = ("primary", "unique", "key", "index", "fulltext", "spatial", "constraint", "foreign", "check", "period")
_HARMLESS = (
    "set", "lock", "unlock", "use", "start", "begin", "commit", "flush", "analyze", "optimize", "grant", "delimiter", "create", "drop", "change",
)  # fmt: skip
_DATA = re.compile(r"\b(add\s+column|add\s+`|drop\s+column|drop\s+`|change|rename|convert)\b", re.IGNORECASE)


class NotUnderstood(ValueError):
    """A statement that says something a reader of dumps cannot follow; the text says what."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case, a sign, or something quoted (`name` in backticks or double quotes, `string` in single ones)."""

    text: str
    form: str

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, not quoted."""
        return self.form == "word" and self.text in words


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE TABLE."""

    table: str
    columns: tuple[Column, ...]
    bits: frozenset[str]  # columns of type bit, which dumps write as bytes


@dataclass(frozen=True, slots=True)
class Forget:
    """DROP TABLE or TRUNCATE: rows of these tables so far do not count."""

    tables: tuple[str, ...]
    wholly: bool


@dataclass(frozen=True, slots=True)
class Names:
    """SET NAMES: the character set of the strings that follow; empty: as in the beginning."""

    charset: str


Effect = Create | Forget | Names | None


def kind_of(kind: str, charset: str) -> Kind | None:
    """The kind of a column by the name of its type and its character set; None: not one that is known here."""
    found = _KINDS.get(kind)
    return Kind.BYTES if found is Kind.TEXT and charset == "binary" else found


def effect_of(text: str) -> Effect:
    """What a statement without comments changes for the reader."""
    tokens = list(_tokens(text[:200]))
    first = tokens[0].text if tokens and tokens[0].form == "word" else ""
    second = tokens[1].text if len(tokens) > 1 and tokens[1].form == "word" else ""
    if first == "create" and second in ("table", "temporary"):
        return _create(list(_tokens(text)))
    if first == "drop" and second in ("table", "temporary"):
        return Forget(tuple(_last_names(list(_tokens(text)))), wholly=True)
    if first == "truncate":
        return Forget(tuple(_last_names(list(_tokens(text)))), wholly=False)
    if first == "set" and (second == "names" or (second == "character" and tokens[2].is_word("set"))):
        value = next((token for token in tokens[2:] if not token.is_word("set") and token.text != "="), None)
        return Names("" if value is None or value.is_word("default") else value.text.lower())
    if first == "alter":
        if second != "table" or not _DATA.search(text):
            return None
        raise NotUnderstood("an ALTER TABLE that changes columns")
    if first in _HARMLESS:
        return None
    raise NotUnderstood(f"{first.upper()}, which is no part of a dump" if first.isalpha() and len(first) < 20 else "something that is no statement")


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        form, found = match.lastgroup, match[match.lastgroup] if match.lastgroup else ""
        if form in ("tick", "double"):
            quote = "`" if form == "tick" else '"'
            yield Token(found.replace(quote * 2, quote), "name")
        elif form == "single":
            yield Token(found, "string")
        elif form:
            yield Token(found.lower(), form)


def _last_names(tokens: list[Token]) -> Iterator[str]:
    """The names in a list of tables, without the databases before them."""
    for token, after in zip(tokens, [*tokens[1:], Token("", "sign")], strict=True):
        if token.form in ("name", "word") and after.text != "." and not token.is_word(*_DROP_WORDS):
            yield token.text.lower()


_DROP_WORDS = ("drop", "truncate", "temporary", "table", "tables", "if", "exists", "restrict", "cascade")


def _create(tokens: list[Token]) -> Create | None:
    opening = next((i for i, token in enumerate(tokens) if token.text == "(" and token.form == "sign"), None)
    if opening is None:
        raise NotUnderstood("a CREATE TABLE without columns")
    table = tokens[opening - 1].text.lower()
    items, rest = _items(tokens[opening + 1 :])
    charset = _charset(rest) or "utf8mb4"
    columns, bits = [], []
    for item in items:
        if not item or item[0].is_word(*_NO_COLUMN):
            continue
        if len(item) < 2 or item[0].form == "string":
            raise NotUnderstood("a CREATE TABLE whose columns cannot be read")
        column = _column(item, charset)
        columns.append(column)
        if item[1].is_word("bit"):
            bits.append(column.name)
    if len({column.name for column in columns}) < len(columns) or not columns:
        raise NotUnderstood("a CREATE TABLE whose columns cannot be read")
    return Create(table, tuple(columns), frozenset(bits))


def _items(tokens: list[Token]) -> tuple[list[list[Token]], list[Token]]:
    """What stands between the commas of a list up to its closing parenthesis, and what follows."""
    items: list[list[Token]] = [[]]
    depth = 0
    for i, token in enumerate(tokens):
        if token.form == "sign":
            if token.text == ")" and depth == 0:
                return items, tokens[i + 1 :]
            if token.text == "," and depth == 0:
                items.append([])
                continue
            depth += (token.text == "(") - (token.text == ")")
        items[-1].append(token)
    raise NotUnderstood("a CREATE TABLE that breaks off")


def _column(item: list[Token], table_charset: str) -> Column:
    name, kind = item[0].text.lower(), _KINDS.get(item[1].text)
    if kind is None:
        raise NotUnderstood(f"column {item[0].text!r} of a type that is not known here")
    charset = ""
    if kind is Kind.TEXT:
        charset = _charset(item) or table_charset
        if charset == "binary" or any(token.is_word("byte") for token in item[2:6]):
            kind, charset = Kind.BYTES, ""
    return Column(name, kind, charset)


def _charset(tokens: list[Token]) -> str:
    """The character set that options of a column or table name, or nothing."""
    words = [token.text.lower() for token in tokens if token.text != "="]
    for i, word in enumerate(words[:-1]):
        if word == "charset" or (word == "set" and words[i - 1] == "character"):
            return words[i + 1]
    for i, word in enumerate(words[:-1]):
        if word == "collate":
            return words[i + 1].split("_", 1)[0]
    return ""
