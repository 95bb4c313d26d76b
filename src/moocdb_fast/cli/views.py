"""`views`: SQL that presents the tables as a published variant has them."""

from __future__ import annotations

import argparse
from typing import get_args

from ..portable import Engine

NAME = "views"
HELP = "print SQL views for queries written for a published variant"
DESCRIPTION = """\
Print SQL that creates views over the tables, with the names, columns and units of a published variant of MOOCdb:

{dialects}

The views go to a schema of their own (MySQL: a database), so that the tables stay as they are."""
EXAMPLES = ("views edx2014", "views dropout --engine mysql --source moocdb --target moocdb_dropout")
ENGINES = get_args(Engine)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from ..dialects import DIALECTS

    assert parser.description is not None
    parser.description = parser.description.format(dialects="\n".join(f"  {d.name:<9} {d.doc}" for d in DIALECTS.values()))
    parser.add_argument("dialect", choices=tuple(DIALECTS), metavar="NAME", help=f"one of {', '.join(DIALECTS)}")
    parser.add_argument("--engine", choices=ENGINES, default="duckdb", help="DuckDB (default), or MySQL and MariaDB")
    parser.add_argument("--source", metavar="NAME", help="where the tables are (default: the schema main, in MySQL the database moocdb)")
    parser.add_argument("--target", metavar="NAME", help="where the views go (default: the name of the variant, in MySQL with the source before it)")


def execute(args: argparse.Namespace) -> int:
    from ..dialects import create_views, dialect_of

    source = args.source or ("main" if args.engine == "duckdb" else "moocdb")
    target = args.target or (args.dialect if args.engine == "duckdb" else f"{source}_{args.dialect}")
    print(create_views(dialect_of(args.dialect), args.engine, source=source, target=target), end="")
    return 0
