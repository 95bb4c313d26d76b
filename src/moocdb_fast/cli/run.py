"""`run`: translate logs into a folder of MOOCdb tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import COMPLETE, DamagedInput, UsageError
from ..options import FIELDS, Options, option_name
from . import cluster, load
from .signals import signals

NAME = "run"
HELP = "translate tracking logs into MOOCdb tables"
DESCRIPTION = """\
Translate edX tracking logs into MOOCdb tables.

INPUT is a file, a folder (searched for .json .log .jsonl files, plain or .gz .bz2 .xz .zst), a pattern in quotes, or -
for standard input. The tables, moocdb.sql, summary.json and rejects.jsonl appear in DIR all at once when the run is done.

INPUT and DIR may be URIs of an object store (s3://bucket/folder/, gs://, hdfs://); credentials come from the environment, never
from the URI. There summary.json is the last to appear."""
EXAMPLES = (
    "run examples/tracking.log.gz --out moocdb/",
    "run tracking.log.gz --out moocdb/ --to mysql://user@host:3306/course",
    "run 'logs/2024-*.gz' --course course-v1:Org+Number+Run --format csv,parquet --out moocdb/",
    "run tracking.log-20240306.gz --out moocdb/ --append",
    "run 's3://archive/logs/*.gz' --out s3://results/course/",
    "run --from-relations intermediary_csv/ --out moocdb/",
    "run logs/ --out moocdb/ --engine dask --scheduler tcp://node1:8786",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="file, folder, pattern, URI or -")
    parser.add_argument("--out", metavar="DIR", help="output folder (needed unless --dry-run); made when missing, otherwise empty")
    parser.add_argument("--from-relations", metavar="DIR", help="instead of INPUT: a folder of the tables of `relations`, or of the published stage")
    add_options(parser)
    load.add_database_arguments(parser)
    cluster.add_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what would be read, and stop")


def add_options(parser: argparse.ArgumentParser, *, without: Sequence[str] = (), help: Mapping[str, str] = MappingProxyType({})) -> None:
    """The options of a run, but for those in `without`; `help` has other help texts for some."""
    for name, field in FIELDS.items():
        meta = field.metadata
        if meta["hidden"] or name in without:
            continue
        flag, text = f"--{option_name(name)}", help.get(name, meta["help"]).replace("%", "%%")
        if isinstance(field.default, bool):
            parser.add_argument(flag, dest=name, action="store_true", default=None, help=text)
        else:
            action = "append" if meta["repeat"] else "store"
            parser.add_argument(flag, dest=name, action=action, metavar=meta["metavar"], default=None, help=text)
    parser.add_argument("--config", metavar="FILE", help="TOML file with options, one `name = value` a line; the command line wins")
    parser.add_argument("--quiet", action="store_true", help="no progress and no report, only errors")


def execute(args: argparse.Namespace) -> int:
    options = options_of(args)
    if bool(args.inputs) == bool(args.from_relations):
        raise UsageError("what should be read?", "name either logs or --from-relations DIR, for example: run tracking.log.gz --out moocdb/")
    if args.dry_run:
        return _dry_run(args, options)
    if not args.out:
        raise UsageError("where should the tables go?", "add --out DIR, for example: --out moocdb/")

    if args.to:
        from ..uploading import refuse_load

        refuse_load(args.out)
    if args.to and options.split_by_course:
        raise UsageError(
            "--to loads one MOOCdb, and --split-by-course makes several", "run without --to, then load each folder into its own database"
        )
    if args.to and options.spreadsheet_safe and options.formats == ("csv",):
        raise UsageError("--to loads texts as they are, and --spreadsheet-safe changes them", "add --format csv,parquet, or leave one out")
    backend = cluster.backend_of(args)
    with signals() as leaving:
        to = load.target(args) if args.to else None
        from ..relations import translate_relations
        from ..translate import translate
        from .progress import Progress
        from .report import report

        with Progress(sys.stderr, quiet=args.quiet) as progress:
            if args.from_relations:
                summary = translate_relations(Path(args.from_relations), args.out, options, progress)
            elif backend is not None:
                summary = cluster.translate(args, options, backend, progress)
            else:
                summary = translate(args.inputs, args.out, options, progress)
            leaving.now(*COMPLETE)
        if not args.quiet:
            print(report(summary), file=sys.stderr, end="")
        if summary.newly_damaged:
            raise DamagedInput(*damage_message(summary.newly_damaged, args.out, append=options.append, loads=to is not None))
    if to is not None:
        with signals(load.LEFT):
            load.load_into(args, args.out, to)
    return 0


def options_of(args: argparse.Namespace) -> Options:
    """The options of the TOML file, if one is named, with those of the command line on top."""
    given: dict[str, Any] = {}
    for name, field in FIELDS.items():
        value = getattr(args, name, None)
        if value is None:
            continue
        given[name] = value if isinstance(field.default, bool) else _parsed(name, value)
    return Options.from_toml(args.config, **given) if args.config else Options(**given)


def _parsed(name: str, value: Any) -> Any:
    parse = FIELDS[name].metadata["parse"]
    try:
        return tuple(parse(text) for text in value) if isinstance(value, list) else parse(value)
    except ValueError as error:
        text = {"int": "it must be a whole number", "float": "it must be a number"}.get(getattr(parse, "__name__", ""), str(error))
        shown = ", ".join(value) if isinstance(value, list) else value
        raise UsageError(f"--{option_name(name)} cannot be {shown!r}: {text}", "see: python -m moocdb_fast run --help") from error


def damage_message(damaged: list[Any], out: str, *, append: bool = False, loads: bool = False) -> tuple[str, str]:
    """The sentence about damaged inputs, and what to do. A course in a database is not replaced by what a damaged input left of it."""
    again = "append it: lines that are there already count as duplicates" if append else "run again with --overwrite"
    first = damaged[0]
    more = f"; {len(damaged) - 1} more in summary.json" if len(damaged) > 1 else ""
    kept = f"{out}, but not in the database" if loads else out
    return f"{first.path}: {first.damage}{more}", f"what could be read is in {kept}; get a whole copy of the file and {again}"


def _dry_run(args: argparse.Namespace, options: Options) -> int:
    from ..inputs import describe
    from ..remote import place_of
    from .report import plan_report

    if args.from_relations:
        from ..relations.read import describe_tables

        print("".join(f"{size:>12,} bytes  {name}\n" for name, size in describe_tables(Path(args.from_relations))), end="")
        return 0
    exclude = [place_of(args.out)] if args.out else []
    print(plan_report(describe(args.inputs, options.shard_bytes, exclude=exclude)), end="")
    return 0
