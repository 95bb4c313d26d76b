"""For each rule of `check`: statements that change a row of good tables (filled.py) so that the rule is broken."""

import re

from moocdb_fast.schema import TABLES


def statements(rule):
    """UPDATE statements of the row with the second id, each of which breaks the rule. `{year}` is a time that cannot be."""
    table = TABLES[rule.table]
    second = table.pinned[1][0] if table.pinned else 2
    return [f"UPDATE @{table.name} SET {damage} WHERE {table.key[0]} = {second}" for damage in _damages(rule, table)]


def _damages(rule, table):
    """What to SET."""
    key = table.key[0]
    if match := re.fullmatch(r"(.+) is unique", rule.sentence):
        if match[1] == key:
            return [f"{key} = {table.pinned[0][0] if table.pinned else 1}"]
        return [", ".join(f"{name} = 1" for name in match[1].split(", "))]  # together they are those of the first row
    if rule.sentence.endswith("counts from 1 without gaps"):
        return [f"{key} = 1000"]
    if rule.sentence == "no value is missing":
        return [f"{column.name} = NULL" for column in table.columns if not column.null]
    if rule.sentence.startswith("times are"):
        return [f"{column.name} = {{year}}" for column in table.columns if column.type == "timestamp"]
    if "rows are those of every output" in rule.sentence:
        return [f"{key} = 99", *(f"{name} = 'other'" for name in table.names[1:])]
    name = rule.sentence.split()[0]
    if "leads to a row" in rule.sentence:
        return [f"{name} = 77"]
    column = next(c for c in table.columns if c.name == name)
    outside = [f"{name} = {column.least - 1}"]
    return outside if column.most is None else [*outside, f"{name} = {column.most + 1}"]
