"""Texts that a spreadsheet does not run: an apostrophe before whatever it would take for the beginning of a formula.

Spreadsheets run cells that begin with = + - @, also behind a tab or a line end that they drop, and in their full-width forms. Where
`;` or the tab separates cells, as in many countries, a cell begins behind these too, and quotes in front of it go. Texts with an
apostrophe in such a place get a second one: taking one away there gives every text back.
"""

from __future__ import annotations

import re
from typing import Any

_RUNS = "\"*[=+\\-@＝＋－＠']"
_WITHIN = f"([;\\t\\r\\n])({_RUNS})"
_FIRST = f"^({_RUNS}|[\\t\\r\\n])"


def guarded(column: Any) -> Any:
    """A column of strings, guarded."""
    import pyarrow.compute as pc

    within = pc.replace_substring_regex(column, pattern=_WITHIN, replacement="\\1'\\2")
    return pc.replace_substring_regex(within, pattern=_FIRST, replacement="'\\1")


def unguarded(text: str) -> str:
    """The text that was guarded."""
    first = re.sub(f"\\A'(?={_RUNS}|[\\t\\r\\n])", "", text)
    return re.sub(f"([;\\t\\r\\n])'(?={_RUNS})", "\\1", first)
