"""Schema, event map, command line and ledger as Markdown, SQL and JSON: the commands print them and the reference holds them."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from .. import events as event_map
from ..errors import EXIT_CODES
from ..events._spec import EventType, Meaning, PathPattern
from ..ledger import FilterReason, RejectReason, SalvageReason
from ..schema import TABLES, USER_PII, Column, Table
from ..sql import column_type, moocdb_sql


def schema_sql() -> str:
    return moocdb_sql()


def schema_json() -> str:
    return _json([_table(table) for table in TABLES.values()])


def schema_md() -> str:
    parts = [
        "# The tables\n",
        "Printed by `python -m moocdb_fast schema`. Times are UTC, durations are whole seconds, NULL is an empty unquoted cell in CSV. "
        "*Ours* marks columns that the published MOOCdb schemas do not have.\n",
    ]
    area = ""
    for table in (*TABLES.values(), USER_PII):
        if table.area != area:
            area = table.area
            parts.append(f"## {area.capitalize()}\n")
        parts.append(_table_md(table))
    return "\n".join(parts)


def _table_md(table: Table) -> str:
    head = [f"### {table.name}\n", f"{table.doc} Key: {_codes(table.key)}."]
    head += [f"Unique: {_codes(columns)}." for columns in table.unique]
    rows = [(f"`{c.name}`", column_type(c), "yes" if c.null else "no", c.references and f"`{c.references}`", _doc(c)) for c in table.columns]
    text = " ".join([head[0] + "\n" + head[1], *head[2:]]) + "\n\n" + _grid(("column", "type", "NULL", "refers to", "what"), rows)
    if table.pinned:
        text += "\nThe same in every output:\n\n" + _grid(table.names, [tuple("NULL" if v is None else str(v) for v in row) for row in table.pinned])
    return text


def _table(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "area": table.area,
        "doc": table.doc,
        "key": table.key,
        "unique": table.unique,
        "columns": [{**dataclasses.asdict(c), "sql": column_type(c)} for c in table.columns],
        "pinned": table.pinned,
    }


def _doc(column: Column) -> str:
    default = f"default {column.default}" if column.default is not None else ""
    return "; ".join(filter(None, ("*ours*" if column.ours else "", column.doc, default)))


def events_json() -> str:
    families = [{"family": label, "types": [dataclasses.asdict(t) for t in family.TYPES]} for label, family in event_map.FAMILIES.items()]
    return _json({"families": families, "paths": [dataclasses.asdict(p) for p in event_map.PATHS]})


def events_md() -> str:
    parts = [
        "# The event map\n",
        "Printed by `python -m moocdb_fast events`. It is declared in `src/moocdb_fast/events/`, one module per family; "
        "the terms are explained in [rules.md](rules.md). A named type that is not listed becomes an observed event with the common fields.\n",
    ]
    for label, family in event_map.FAMILIES.items():
        types: tuple[EventType, ...] = family.TYPES
        parts.append(f"## {label.capitalize()}\n")
        parts.append(_grid(("event type", "source", "what it is", "fields it reads"), [_type_row(t) for t in types]))
        for clicks in dict.fromkeys(t.meaning.clicks for t in types if t.meaning.clicks):
            fields = "; ".join(f"{name} from {_codes(paths)}" for name, paths in dataclasses.asdict(clicks).items())
            parts.append(f"What a click reads of the payload: {fields}.\n")
        if docs := dict.fromkeys(t.doc for t in types):
            parts.append("Documented in: " + "; ".join(docs) + ".\n")
    parts.append("## Request paths\n")
    parts.append("The first row that fits decides. A path that fits none is a page view.\n")
    parts.append(_grid(("path, or action on a module", "what it is", "fields it reads"), [_path_row(p) for p in event_map.PATHS]))
    return "\n".join(parts)


def _type_row(declared: EventType) -> tuple[str, ...]:
    return _codes((declared.name, *declared.also)), declared.source, _what(declared.meaning), _fields(declared.meaning)


def _path_row(declared: PathPattern) -> tuple[str, ...]:
    text = f"`{declared.pattern}`" if declared.pattern else f"action `{declared.action}`"
    if declared.categories:
        text += " on " + _codes(declared.categories)
    return text, _what(declared.meaning), _fields(declared.meaning)


_TELLERS = {"server": "server", "request": "request", "browser": "browser", "graded": "graded page"}


def _what(meaning: Meaning) -> str:
    if meaning.submit:
        submit = meaning.submit
        names = {0: "saved", 1: "submitted", 2: "failed", 3: "reset"}
        return f"submission ({names[submit.code]}) of a {submit.act}, told by the {_TELLERS[submit.trust]}"
    if meaning.fate != "translate":
        return f"filtered: {meaning.fate}"
    what = f"{meaning.kind.replace('_', ' ')} event"
    return what + (", click" if meaning.clicks else "") + (", joins the course" if meaning.joins else "")


def _fields(meaning: Meaning) -> str:
    named = [(label, getattr(meaning, label)) for label in ("module", "panel", "course", "user")]
    parts = [f"{label}: {_codes(paths)}" for label, paths in named if paths]
    if meaning.submit:
        parts.append(f"form: {meaning.submit.form}")
    return "; ".join(parts)


def ledger_md() -> str:
    parts = [
        "# The ledger\n",
        "Every line of a log has one fate: it is *translated*, *filtered* or *rejected*. The run checks that the three add up to the lines read, "
        "for every input and in all, and `summary.json` holds the numbers. `rejects.jsonl` has a row for each rejected line, "
        "with the keys `file`, `line`, `offset` and `reason`. It never holds text of the line; "
        "`--restricted DIR` writes a second copy to DIR that does, as `start`.\n",
        "The example lines are made up. Of several lines the last one is meant.\n",
    ]
    for title, kind in (("Filtered", FilterReason), ("Rejected", RejectReason), ("Salvaged", SalvageReason)):
        parts.append(f"## {title}\n")
        if kind is SalvageReason:
            parts.append("A salvaged line also has a fate; it was repaired before it was looked at.\n")
        for reason in kind:
            parts.append(f"### {reason.value}\n\n{reason.doc}\n" + (f"\n```json\n{reason.example}\n```\n" if reason.example.strip() else ""))
    parts.append(
        "## Beside the fates\n\n"
        "`bad_payload` counts lines whose `event` is cut off or cannot be decoded; they are translated without it.\n"
        "`extra_events` counts further objects on a line; they are translated, but a line counts once.\n"
    )
    return "\n".join(parts)


def cli_md() -> str:
    from . import COMMANDS, PROGRAM, build_parser

    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    parts = ["# The command line\n", f"{parser.description} `{PROGRAM} --version` prints the version and the simdjson implementation.\n"]
    for module in COMMANDS:
        arguments = map(_argument, commands.choices[module.NAME]._actions)
        parts += [f"## {module.NAME}\n", module.DESCRIPTION + "\n", _grid(("argument", "what"), arguments)]
        parts.append("```sh\n" + "".join(f"{PROGRAM} {example}\n" for example in module.EXAMPLES) + "```\n")
    parts += ["## Exit codes\n", _grid(("code", "meaning"), [(str(code), meaning) for code, meaning in sorted(EXIT_CODES.items())])]
    parts.append(
        "Errors are one line on standard error: what is wrong and where, then what to try. "
        "A reader that goes away (`| head`) ends the program with code 141.\n"
    )
    return "\n".join(parts)


def _argument(action: argparse.Action) -> tuple[str, str]:
    """Not argparse's own help text: that one differs between Python versions."""
    name = ", ".join(action.option_strings) or str(action.metavar)
    value = f" {{{','.join(action.choices)}}}" if action.choices else f" {action.metavar}" if action.option_strings and action.metavar else ""
    return f"`{name}{value}`", (action.help or "").replace("%%", "%")


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
