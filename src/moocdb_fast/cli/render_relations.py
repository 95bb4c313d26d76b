"""The tables of the relational stage as Markdown."""

from __future__ import annotations

from ..relations.tables import TABLES, Table
from .render import grid


def relations_md() -> str:
    """The page of the reference."""
    parts = [
        "# The tables of the relational stage\n",
        "Written by the command `relations`, with the columns of the published stage in its order. Files have no header line unless "
        "`--header` is given. Text stands in single quotes, numbers stand bare, and a line end inside quotes belongs to the text. A text without "
        "value is `''`, a number `-1`, a time `'00000000000000'`. In `EdxTrackEvent` a backslash stands before quotes and backslashes; in the other "
        "tables a quote is doubled, and a backslash is a backslash. That is how the published second stage reads them.\n",
        "[How to use the relational stage](../how-to/use-the-relational-stage.md)\n",
    ]
    return "\n".join([*parts, *map(_table, TABLES.values())])


def _table(table: Table) -> str:
    rows = [(str(number), f"`{c.name}`", c.kind, c.doc) for number, c in enumerate(table.columns, 1)]
    return f"## {table.name}\n\n{table.doc}\n\n" + grid(("", "column", "kind", "what"), rows)
