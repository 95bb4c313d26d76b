"""What a dialect is: views over the tables, declared once for both engines."""

from __future__ import annotations

from dataclasses import dataclass

from ..portable import Either, Engine, Expression, quoted, spelled

__all__ = ["WHOLE_MINUTES", "Dialect", "Either", "Engine", "Select", "View", "constants", "create_views", "empty", "view", "whole_weeks"]


@dataclass(frozen=True, slots=True)
class Select:
    """Rows of a view. A column is a name, or a name and its expression; `@name` stands for a table of ours, where `source` and
    expressions mention one."""

    source: str
    columns: tuple[str | tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class View:
    """A table as the variant has it: one or more selects, with the column names of the first."""

    name: str
    selects: tuple[Select, ...]

    @property
    def columns(self) -> list[str]:
        """The column names in order."""
        return [c if isinstance(c, str) else c[0] for c in self.selects[0].columns]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A published variant of MOOCdb."""

    name: str
    doc: str
    views: tuple[View, ...]


def view(name: str, source: str, *columns: str | tuple[str, Expression]) -> View:
    """A view of one select."""
    return View(name, (Select(source, columns),))


def constants(name: str, columns: tuple[str, ...], rows: tuple[tuple[int | str, ...], ...]) -> View:
    """A view of rows that are the same for every course."""
    selects = []
    for row in rows:
        values = (str(value) if isinstance(value, int) else f"'{value}'" for value in row)
        selects.append(Select("", tuple(zip(columns, values, strict=True))))
    return View(name, tuple(selects))


def empty(name: str, *columns: str) -> View:
    """A view for a table that a log cannot fill."""
    return view(name, "@users WHERE 1 = 0", *((column, "CAST(NULL AS CHAR(255))") for column in columns))


WHOLE_MINUTES = Either("COALESCE(e.observed_event_duration, 0) // 60", "COALESCE(e.observed_event_duration, 0) DIV 60")
"""The duration of an observed event in minutes, rounded down; 0 where nothing followed."""


def whole_weeks(start: str, end: str) -> Either:
    """The whole weeks between two times, rounded towards zero."""
    return Either(
        f"(epoch_us({end}) - epoch_us({start})) // 604800000000",
        f"TIMESTAMPDIFF(WEEK, {start}, {end})",
    )


def create_views(dialect: Dialect, engine: Engine, *, source: str, target: str) -> str:
    """SQL that makes a schema (MySQL: a database) `target` with the views of a dialect over the tables in `source`. Each statement
    ends with a semicolon and a line end."""
    schema = f"CREATE SCHEMA IF NOT EXISTS {quoted(target, engine)}"
    head = "CREATE OR REPLACE VIEW"
    if engine == "mysql":
        schema += " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        head = "CREATE OR REPLACE SQL SECURITY INVOKER VIEW"
    statements = [schema]
    for made in dialect.views:
        body = "\nUNION ALL\n".join(_select(s, made.columns, engine, source) for s in made.selects)
        statements.append(f"{head} {quoted(target, engine)}.{quoted(made.name, engine)} AS\n{body}")
    return "".join(statement + ";\n" for statement in statements)


def _select(select: Select, names: list[str], engine: Engine, source: str) -> str:
    cells = []
    for name, column in zip(names, select.columns, strict=True):
        expression = column if isinstance(column, str) else column[1]
        cells.append(f"  {spelled(expression, engine, source)} AS {quoted(name, engine)}")
    return "SELECT\n" + ",\n".join(cells) + (f"\nFROM {spelled(select.source, engine, source)}" if select.source else "")
