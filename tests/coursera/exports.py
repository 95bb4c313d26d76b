"""Small exports in memory, for tests that say in a few rows what they are about. A course has two people unless it is told otherwise."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa

from moocdb_fast.coursera.run import Course, translate_export
from moocdb_fast.coursera.source import Column, Kind
from moocdb_fast.coursera.tables import SOURCES
from moocdb_fast.options import Options

T0 = 1_378_105_200  # 2013-09-02 07:00:00
REALS = {"normal_grade", "raw_score", "grade", "final_grade", "staff_grade", "max_grade"}
TEXTS = {
    "name", "title", "item_type", "action", "quiz_type", "message", "comments", "canonical_name", "post_text", "comment_text", "user_agent", "type",
    "module", "timezone", "locale", "last_access_ip", "author_group", "key",
}  # fmt: skip


def session(person: int) -> str:
    """How the general tables call a person."""
    return f"{person:040x}"


def php(value) -> str:
    """A value as PHP serializes it."""
    if value is None:
        return "N;"
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, float):
        return f"d:{value!r};"
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    if isinstance(value, list):
        value = dict(enumerate(value))
    return f"a:{len(value)}:{{" + "".join(php(k) + php(v) for k, v in value.items()) + "}"


def attempt(answers, start=T0, saved=T0 + 600, **more) -> bytes:
    """The stored answers of an attempt."""
    return php(php({"answers": answers, "start_time": start, "saved_time": saved, **more})).encode()


def question(name, choice="radio", options=(("a", 0), ("b", 1)), body=""):
    """A question in the XML of a quiz; an option is (id, selected_score) or (id, selected_score, unselected_score)."""
    kind = f"<choice_type>{choice}</choice_type>" if choice else ""
    listed = "".join(
        f'<option id="{o[0]}" selected_score="{o[1]}" unselected_score="{o[2] if len(o) > 2 else 0}"><text><![CDATA[x]]></text></option>'
        for o in options
    )
    id = f' id="{name}"' if name else ""
    return (
        f"<question_group><question{id}><metadata><parameters>{kind}</parameters></metadata><data><text><![CDATA[x & y]]></text>{body}"
        f"<option_groups><option_group>{listed}</option_group></option_groups></data></question></question_group>"
    )


def quiz_xml(*questions) -> bytes:
    """A quiz as the key-value table holds it."""
    return php(f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz><question_groups>{"".join(questions)}</question_groups></quiz>').encode()


class Export:
    """Tables as lists of rows under our names for columns; `person` stands for whatever the layout calls them."""

    def __init__(self, format=2, **tables) -> None:
        self.format, self.course, self.repaired, self.files = format, None, {}, ()
        self._rows = {"hash_mapping": [{"user_id": 7}, {"user_id": 5}], **{name.replace("__", "."): rows for name, rows in tables.items()}}

    def _row(self, table, row):
        row = dict(row)
        if table == "hash_mapping":
            number = row["user_id"]
            row = {"session": session(number), "forum": f"f{number:039x}" if self.format == 1 else number, "eventing": f"e{number}", **row}
        elif "person" in row:
            person = row.pop("person")
            if "user" in SOURCES[table].columns:
                row["user"] = f"f{person:039x}" if self.format == 1 else person
            else:
                row["author" if "author" in SOURCES[table].columns else "session"] = session(person)
        return row

    def _name(self, table, column):
        names = SOURCES[table].columns[column].split("|")
        if table == "hash_mapping" and column == "forum":
            return "forum_user_id" if self.format == 1 else "user_id"
        wanted = {1: ("anon_user_id", "forum_user_id"), 2: ("author_id", "session_user_id", "user_id")}[self.format]
        return next((name for name in names if name in wanted), names[0])

    def _columns(self, table):
        """Our names, without those that this layout lacks."""
        lacks = {1: ("eventing",), 2: ("last_access_ip", "forum") if table == "hash_mapping" else ("last_access_ip",)}[self.format]
        return [name for name in SOURCES[table].columns if name not in lacks]

    def _kind(self, table, column):
        if column == "value":
            return Kind.BYTES
        if column == "item_id" and table == "items_sections" and self.format == 2:
            return Kind.TEXT
        if column in REALS:
            return Kind.REAL
        text = column in TEXTS or column in ("session", "author", "eventing") or (column in ("user", "forum") and self.format == 1)
        return Kind.TEXT if text else Kind.INTEGER

    def tables(self):
        return {table: tuple(Column(self._name(table, c), self._kind(table, c)) for c in self._columns(table)) for table in self._rows}

    def has(self, table):
        return table in self._rows

    def rows(self, table, columns):
        if table not in self._rows:
            return
        rows = [self._row(table, row) for row in self._rows[table]]
        known = {self._name(table, c): c for c in self._columns(table)}
        arrays = []
        for column in columns:
            if column not in known:
                arrays.append(pa.nulls(len(rows)))
                continue
            ours, kind = known[column], self._kind(table, known[column])
            values = [row.get(ours) for row in rows]
            if kind is Kind.TEXT:
                values = [str(v) if isinstance(v, int) else v for v in values]
            arrays.append(pa.array(values, kind.arrow))
        yield pa.record_batch(arrays, [str(number) for number in range(len(arrays))])

    def close(self):
        pass


def translate(export: Export, place: Path, *, url_id="algo-001", sample=None, clickstream=None, **options):
    """The tables of an export as lists of rows, with the summary and the folder."""
    out = place / "moocdb"
    made = Options(key_file=place / "key", overwrite=True, **options)
    summary = translate_export(lambda: export, out, Course(url_id, sample, clickstream), made)
    tables = {}
    for path in out.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    notes = {report.name: report.counts for report in summary.inputs}
    return SimpleNamespace(summary=summary, out=out, ledger=notes, **tables)
