"""`sql`: a query over a finished output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import UsageError, cannot_read
from .signals import signals

NAME = "sql"
HELP = "query the tables of an output"
DESCRIPTION = """\
Run one SQL query (in DuckDB's SQL) over the tables in DIR, whatever their format.

The tables can only be read, and the query can reach no other file and no network. A table is printed for people; in CSV and JSON
texts are whole and NULL is told from an empty text."""
EXAMPLES = (
    'sql "select observed_event_type, count(*) from observed_events group by all order by 2 desc" --db moocdb/',
    "sql --file question.sql --db moocdb/ --dialect edx2014 --output csv",
)
OUTPUTS = ("table", "csv", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from ..dialects import DIALECTS

    parser.add_argument("statement", nargs="?", metavar="QUERY", help="the query, or - to read it from standard input")
    parser.add_argument("--file", metavar="FILE", help="read the query from FILE")
    parser.add_argument("--db", metavar="DIR", required=True, help="a finished output, or the folder of a course in one")
    parser.add_argument("--output", choices=OUTPUTS, default="table", help="an aligned table (default), CSV, or one JSON object per line")
    parser.add_argument("--dialect", choices=tuple(DIALECTS), help="present the tables as a published variant has them; see the command views")


def execute(args: argparse.Namespace) -> int:
    statement = _statement(args)
    from ..reading import open
    from .rows import FORMATS

    with signals("nothing was changed"):
        result = open(args.db).sql(statement, dialect=args.dialect)
        for text in FORMATS[args.output](result):
            sys.stdout.write(text)
    return 0


def _statement(args: argparse.Namespace) -> str:
    if (args.statement is None) == (args.file is None):
        what = "there is no query" if args.file is None else "there is a query and --file"
        raise UsageError(what, 'give one of them, for example: sql "select count(*) from users" --db moocdb/')
    try:
        if args.file is not None:
            content = Path(args.file).read_bytes()
        elif args.statement == "-":
            content = sys.stdin.buffer.read()
        else:
            content = args.statement.encode("utf-8", "surrogateescape")  # the bytes of the command line, whatever they are
    except OSError as error:
        raise cannot_read(args.file, error) from error
    try:
        return str(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError("the query is not UTF-8 text", "save it as UTF-8") from error
