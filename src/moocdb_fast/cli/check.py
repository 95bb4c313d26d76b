"""`check`: whether an output keeps its rules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import CheckFailed, UsageError
from .load import add_login_arguments, logged_in
from .signals import signals

if TYPE_CHECKING:
    from ..checking import Finding

NAME = "check"
HELP = "verify keys, references, ranges and sums of an output"
DESCRIPTION = """\
Verify that the tables of a finished output keep their rules: keys are unique and count from 1, references lead somewhere, values are
in their ranges, the fixed rows are there, and the numbers of summary.json add up. One line per rule; every format that is there is checked.

With --to the same rules are tried on the tables of a MySQL or MariaDB database. If DIR is named too, the database must have the rows
that its summary tells."""
EXAMPLES = ("check moocdb/", "check moocdb/ --to mysql://user@host:3306/course --quiet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("db", nargs="?", metavar="DIR", help="a finished output, or the folder of a course in one")
    parser.add_argument("--to", metavar="URL", help="also, or only, check this database: mysql://user@host:port/database")
    add_login_arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="print only rules that are broken")


def execute(args: argparse.Namespace) -> int:
    if args.db is None and args.to is None:
        raise UsageError("what should be checked?", "name an output, for example: check moocdb/")
    with signals("nothing was changed"):
        return report(chain(_files(args), _database(args)), quiet=args.quiet)


def _files(args: argparse.Namespace) -> Iterator[Finding]:
    from ..checking import findings

    if args.db is not None:
        yield from findings(args.db)


def _database(args: argparse.Namespace) -> Iterator[Finding]:
    if args.to is None:
        return
    from ..checking import Counted, check_tables
    from ..database.session import Session
    from ..reading import open, rows_written

    written = None if args.db is None else rows_written(open(args.db))
    with Session(logged_in(args)) as session:
        database = session.target.database
        yield from check_tables(session.rows, "mysql", database, database, Counted(written))


def report(found: Iterator[Finding], *, quiet: bool) -> int:
    """Print a line per rule as it is tried; CheckFailed if one is broken."""
    rules = broken = 0
    for finding in found:
        rules += 1
        broken += not finding.ok
        if not (finding.ok and quiet):
            print(line(finding), flush=True)
    if broken:
        raise CheckFailed(f"{broken} of {rules} rules are broken", "translate the logs again, or load the tables again")
    if not quiet:
        print(f"all {rules} rules hold", file=sys.stderr)
    return 0


def line(finding: Finding) -> str:
    """A finding as a line."""
    table = f"{finding.table}: " if finding.table else ""
    text = f"{'ok    ' if finding.ok else 'BROKEN'}  {finding.where:<8} {table}{finding.rule}"
    if finding.ok:
        return text
    return f"{text} - {finding.note or f'not true of {finding.broken:,}'}"
