"""Schema, command line and ledger as Markdown, SQL and JSON: the commands print them and the reference holds them."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import EXIT_CODES
from ..ledger import FilterReason, RejectReason, SalvageReason
from ..schema import EVENT_PAYLOADS, TABLES, USER_PII, Column, Table
from ..sql import column_type, moocdb_sql


def schema_sql() -> str:
    return moocdb_sql()


def schema_json() -> str:
    return to_json([_table(table) for table in TABLES.values()])


def schema_md() -> str:
    parts = [
        "# The tables\n",
        "Printed by `python -m moocdb_fast schema`. Times are UTC, durations are whole seconds, NULL is an empty unquoted cell in CSV. "
        "*Ours* marks columns that the published MOOCdb schemas do not have.\n",
    ]
    area = ""
    for table in (*TABLES.values(), USER_PII, EVENT_PAYLOADS):
        if table.area != area:
            area = table.area
            parts.append(f"## {area.capitalize()}\n")
        parts.append(_table_md(table))
    return "\n".join(parts)


def _table_md(table: Table) -> str:
    head = [f"### {table.name}\n", f"{table.doc} Key: {codes(table.key)}."]
    head += [f"Unique: {codes(columns)}." for columns in table.unique]
    rows = [(f"`{c.name}`", column_type(c), "yes" if c.null else "no", c.references and f"`{c.references}`", _doc(c)) for c in table.columns]
    text = " ".join([head[0] + "\n" + head[1], *head[2:]]) + "\n\n" + grid(("column", "type", "NULL", "refers to", "what"), rows)
    if table.pinned:
        text += "\nThe same in every output:\n\n" + grid(table.names, [tuple("NULL" if v is None else str(v) for v in row) for row in table.pinned])
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


_COVERAGE = {
    "with_payload": "types whose payload is mapped to columns",
    "common_fields": "types known to say nothing more than who, when, where and about what page; page views too",
    "unknown": "types that nobody declared: observed events with the common fields; `unknown_types` counts them by name",
}


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
    parts.append(
        "## Event types\n\n"
        "`event_types` counts the translated lines by observed_event_type, and `families` by the families of "
        "[the event map](../events/index.md). `coverage` tells how well the types are known; all names of a type are one type there:\n"
    )
    parts.append(grid(("group", "types"), [(f"`{name}`", text) for name, text in _COVERAGE.items()]))
    return "\n".join(parts)


def cli_md() -> str:
    from . import COMMANDS, PROGRAM, build_parser

    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    parts = ["# The command line\n", f"{parser.description} `{PROGRAM} --version` prints the version and the simdjson implementation.\n"]
    for module in COMMANDS:
        parts += [f"## {module.NAME}\n", *_command(commands.choices[module.NAME])]
        parts.append("```sh\n" + "".join(f"{PROGRAM} {example}\n" for example in module.EXAMPLES) + "```\n")
    parts += ["## Exit codes\n", grid(("code", "meaning"), [(str(code), meaning) for code, meaning in sorted(EXIT_CODES.items())])]
    parts.append(
        "Errors are one line on standard error: what is wrong and where, then what to try. "
        "A reader that goes away (`| head`) ends the program with code 141.\n"
    )
    return "\n".join(parts)


def _command(command: argparse.ArgumentParser) -> Iterator[str]:
    """The arguments of a command, and the commands below it."""
    below = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
    arguments = [_argument(action) for action in command._actions if action not in below]
    yield f"{command.description}\n"
    yield grid(("argument", "what"), arguments)
    for action in below:
        for name, parser in action.choices.items():
            yield f"### {command.prog.split()[-1]} {name}\n"
            yield from _command(parser)


def _argument(action: argparse.Action) -> tuple[str, str]:
    """Not argparse's own help text: that one differs between Python versions."""
    name = ", ".join(action.option_strings) or str(action.metavar)
    value = f" {{{','.join(action.choices)}}}" if action.choices else f" {action.metavar}" if action.option_strings and action.metavar else ""
    return f"`{name}{value}`", (action.help or "").replace("%%", "%")


def codes(names: Iterable[str], between: str = ", ") -> str:
    """Names in code type."""
    return between.join(f"`{name}`" for name in names)


def grid(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    head = tuple(head)
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def to_json(value: Any) -> str:
    """Indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
