"""For each rule of `check`: statements that change a cell of good tables (filled.py) so that the rule is broken."""

import re

from moocdb_fast.schema import TABLES


def damages(rule):
    """Assignments to single cells of the row with the second id, each of which breaks the rule. `{year}` is a time that cannot be."""
    table = TABLES[rule.table]
    key = table.key[0]
    if match := re.fullmatch(r"(.+) is unique", rule.sentence):
        if match[1] == key:
            return [(key, str(table.pinned[0][0] if table.pinned else 1))]
        return [("resource_id", "1"), ("url_id", "1")]  # both cells make the pair one that is there
    if rule.sentence.endswith("counts from 1 without gaps"):
        return [(key, "1000")]
    if rule.sentence == "no value is missing":
        return [(column.name, "NULL") for column in table.columns if not column.null]
    if rule.sentence.startswith("times are"):
        return [(column.name, "{year}") for column in table.columns if column.type == "timestamp"]
    if "rows are those of every output" in rule.sentence:
        return [(name, "'other'" if index else "99") for index, name in enumerate(table.names)]
    name = rule.sentence.split()[0]
    if "leads to a row" in rule.sentence:
        return [(name, "77")]
    column = next(c for c in table.columns if c.name == name)
    outside = [(name, str(column.least - 1))]
    return outside if column.most is None else [*outside, (name, str(column.most + 1))]


def statements(rule):
    """UPDATE statements for each of `damages`."""
    key, second = TABLES[rule.table].key[0], (TABLES[rule.table].pinned[1][0] if TABLES[rule.table].pinned else 2)
    if rule.sentence == "resource_id, url_id is unique":
        return [f"UPDATE @{rule.table} SET resource_id = 1, url_id = 1 WHERE {key} = {second}"]
    return [f"UPDATE @{rule.table} SET {name} = {value} WHERE {key} = {second}" for name, value in damages(rule)]
