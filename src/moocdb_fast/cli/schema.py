"""`schema`: the tables that a run writes."""

from __future__ import annotations

import argparse

NAME = "schema"
HELP = "print the MOOCdb tables"
DESCRIPTION = "Print the tables that a run writes: their columns, types and keys."
EXAMPLES = ("schema --format sql",)
FORMATS = ("md", "sql", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="md", help="Markdown (default), SQL that creates and loads the tables, or JSON")


def execute(args: argparse.Namespace) -> int:
    from . import render

    print({"md": render.schema_md, "sql": render.schema_sql, "json": render.schema_json}[args.format](), end="")
    return 0
