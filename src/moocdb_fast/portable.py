"""SQL for DuckDB and MySQL alike: `@name` stands for one of our tables, and what the engines spell differently is said for both."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Engine = Literal["duckdb", "mysql"]
_TABLE = re.compile(r"@(\w+)")
_MARKS = {"duckdb": '"', "mysql": "`"}


@dataclass(frozen=True, slots=True)
class Either:
    """An expression that the engines spell differently."""

    duckdb: str
    mysql: str

    def map(self, change: Callable[[str], str]) -> Either:
        """Both spellings, changed in the same way."""
        return Either(change(self.duckdb), change(self.mysql))


Expression = str | Either


def spelled(expression: Expression, engine: Engine, source: str) -> str:
    """An expression for one engine, with our tables in the schema (MySQL: the database) `source`."""
    text = expression if isinstance(expression, str) else expression.duckdb if engine == "duckdb" else expression.mysql
    return _TABLE.sub(lambda found: f"{quoted(source, engine)}.{quoted(found[1], engine)}", text)


def quoted(name: str, engine: Engine) -> str:
    """A name as an identifier."""
    mark = _MARKS[engine]
    return mark + name.replace(mark, mark * 2) + mark


def text(value: object) -> str:
    """A text in quotes. MySQL also reads backslashes in it: sql.py has its own."""
    return "'" + str(value).replace("'", "''") + "'"
