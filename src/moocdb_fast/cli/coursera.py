"""`coursera`: a course of Coursera's session platform into a folder of MOOCdb tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from ..errors import DamagedInput, UsageError
from ..options import FIELDS
from . import load
from .run import add_options, damage_message, options_of
from .signals import signals

if TYPE_CHECKING:
    from ..coursera.ledger import ExportSummary
    from ..coursera.parameters import Parameters, Server
    from ..coursera.run import Course, ExportProgress
    from ..coursera.source import Source
    from ..database.target import Target

NAME = "coursera"
HELP = "translate a course of Coursera's session platform into MOOCdb tables"
DESCRIPTION = """\
Translate a course of Coursera's session platform (2012-2015) into MOOCdb tables.

The course comes from its three MySQL dumps (hash mapping, anonymized general, anonymized forum), plain or compressed, named one by one
or as the folder, the zip or tar archive EXPORT that holds them, or from a server into which they were loaded. No server is needed for dumps.
The layout of the export and the number of the course are detected. Exports of the later on-demand platform are refused."""
EXAMPLES = (
    "coursera export/ --course-url-id algorithms-001 --out moocdb/",
    "coursera --hash-mapping h.sql.gz --general g.sql.gz --forum f.sql.gz --course-url-id algorithms-001 --out moocdb/",
    "coursera --from mysql://user@host:3306/algo_hash,algo_general,algo_forum --course-url-id algorithms-001 --out moocdb/",
    "coursera --parameters examples/coursera.toml --out moocdb/",
)
_OPTIONS = ("formats", "overwrite", "key_file", "geoip", "restricted")  # those of a run that mean something here
_DUMPS = ("hash_mapping", "general", "forum")
_RESTRICTED = "folder (made with mode 0700) for personal data: platform ids and addresses per user"
_GEOIP = "MaxMind-format database (.mmdb) for users.user_country; only exports of the older layout hold addresses"
_NO_SOURCE = "name EXPORT, or the three dumps with --hash-mapping, --general and --forum, or a server with --from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("export", nargs="?", metavar="EXPORT", help="folder or archive with the three dumps")
    parser.add_argument("--hash-mapping", metavar="FILE", help="dump of the hash mapping")
    parser.add_argument("--general", metavar="FILE", help="dump of the anonymized general tables")
    parser.add_argument("--forum", metavar="FILE", help="dump of the anonymized forum")
    parser.add_argument(
        "--from", dest="source", metavar="URL", help="server with the databases of the three dumps, as mysql://user@host:port/HASH,GENERAL,FORUM"
    )
    parser.add_argument(
        "--parameters", metavar="FILE", help="TOML file with the parameter dictionary of the published scripts; the command line wins"
    )
    parser.add_argument("--course-url-id", metavar="ID", help="name of the course in its addresses, for example algorithms-001")
    parser.add_argument("--clickstream", metavar="FILE", help="clickstream export of the course, JSON lines, plain or compressed")
    parser.add_argument("--sample-users", metavar="N", help="translate N users only, the same ones in every run")
    parser.add_argument("--out", metavar="DIR", help="output folder; made when missing, otherwise empty")
    add_options(parser, without=[name for name in FIELDS if name not in _OPTIONS], help={"restricted": _RESTRICTED, "geoip": _GEOIP})
    load.add_database_arguments(parser)


def execute(args: argparse.Namespace) -> int:
    from ..coursera.parameters import Parameters, read_parameters
    from ..coursera.run import translate_export
    from ..uploading import folder_of

    options = options_of(args)
    given = read_parameters(Path(args.parameters)) if args.parameters else Parameters()
    args.quiet = args.quiet or given.quiet
    if not args.out:
        raise UsageError("where should the tables go?", "add --out DIR, for example: --out moocdb/")
    out, course = folder_of(args.out), _course(args, given)
    with signals():
        to = _target(args, given)
        open_source = _source(args, given)
        from .progress import Lines

        with Lines(sys.stderr, quiet=args.quiet) as lines:
            summary = translate_export(open_source, out, course, options, lambda state: lines.show(lambda _: progress_line(state)))
        if not args.quiet:
            print(report(summary), file=sys.stderr, end="")
        if summary.damaged:
            raise DamagedInput(*damage_message(summary.damaged, args.out, loads=to is not None))
    if to is not None:
        with signals(load.LEFT):
            load.load_into(args, args.out, to)
    return 0


def _course(args: argparse.Namespace, given: Parameters) -> Course:
    from ..coursera.run import Course

    url_id, sample = args.course_url_id or given.url_id, given.sample
    if not url_id:
        raise UsageError("what is the course called in its addresses?", "add --course-url-id, for example: --course-url-id algorithms-001")
    if args.sample_users is not None:
        if not args.sample_users.isascii() or not args.sample_users.isdecimal():
            raise UsageError(f"--sample-users cannot be {args.sample_users!r}", "use a number, for example 200")
        sample = int(args.sample_users)
    return Course(url_id, sample, Path(args.clickstream) if args.clickstream else None, given.format, given.course)


def _source(args: argparse.Namespace, given: Parameters) -> Callable[[], Source]:
    """How to open what the arguments name."""
    dumps = [getattr(args, name) for name in _DUMPS]
    named = [bool(args.export), any(dumps), bool(args.source)]
    if sum(named) > 1:
        raise UsageError("a course has one source", f"name only one of them: {_NO_SOURCE}")
    if args.export:
        from ..coursera.detect import open_export

        return lambda: open_export(Path(args.export))
    if any(dumps):
        missing = [f"--{name.replace('_', '-')}" for name, path in zip(_DUMPS, dumps, strict=True) if not path]
        if missing:
            raise UsageError(f"a course has three dumps: {' and '.join(missing)} is missing", "name all three, or the folder that holds them")
        from ..coursera.detect import open_dumps

        return lambda: open_dumps(*dumps)
    if args.source or given.databases:
        from ..coursera.live import open_live

        target, databases = _server(args) if args.source else _published(given)
        return lambda: open_live(target, databases)
    raise UsageError("which course should be read?", _NO_SOURCE)


def _server(args: argparse.Namespace) -> tuple[Target, Sequence[str]]:
    """The server of --from, once it has let us in, and the three databases."""
    try:
        parts = urlsplit(args.source)
    except ValueError as error:
        raise UsageError("the URL of --from cannot be read", "write it as mysql://user@host:3306/HASH,GENERAL,FORUM") from error
    names = parts.path.removeprefix("/").split(",")
    if len(names) != len(_DUMPS) or not all(names):
        raise UsageError("--from does not name three databases", "write it as mysql://user@host:3306/HASH,GENERAL,FORUM")
    first = load.named(args, urlunsplit(parts._replace(path=f"/{names[0]}")))
    return load.let_in(first), [unquote(name) for name in names]


def _published(given: Parameters) -> tuple[Target, Sequence[str]]:
    assert given.databases is not None and given.server is not None
    return load.let_in(_on(given.server, given.databases[0])), given.databases


def _on(server: Server, database: str) -> Target:
    from ..database.target import Target

    host, socket = (server.host, "") if not server.host.startswith("/") else ("localhost", server.host)
    return Target(database, server.user, host, server.port, socket, password=server.password)


def _target(args: argparse.Namespace, given: Parameters) -> Target | None:
    if args.to:
        return load.target(args)
    if given.target is not None and given.target_database:
        return load.let_in(_on(given.target, given.target_database))
    return None


def progress_line(state: ExportProgress) -> str:
    """`coursera: quizzes, 1,200,000 rows read, 0:04`."""
    from .progress import duration

    return f"coursera: {state.phase}, {state.rows:,} rows read, {duration(state.elapsed)}"


def report(summary: ExportSummary) -> str:
    """What became of the rows, what was written, and what deserves attention."""
    from .report import block, by_count, is_plain, notes_of, reason_rows

    counts, run = summary.counts, summary.run
    rows = [("read", counts.lines_read), ("translated", counts.events)]
    rows += [("not needed", counts.filtered_total), *reason_rows(counts.filtered)]
    rows += [("rejected", counts.rejected_total), *reason_rows(counts.rejected)]
    if counts.salvaged_total:
        rows += [("put right or incomplete", counts.salvaged_total), *reason_rows(counts.salvaged)]
    parts = [block("rows of the export", rows)]
    parts.append(block("rejected, by table", by_count({r.name: r.counts.rejected_total for r in summary.inputs if r.counts.rejected_total})))
    events = {name: number for name, number in summary.event_types.items() if is_plain(name)}
    if odd := sum(summary.event_types.values()) - sum(events.values()):
        events["(free text, see summary.json)"] = odd
    parts.append(block("observed events", by_count(events)))
    parts.append(block("rows by table", [(name, number) for name, number in summary.tables.items() if number]))
    parts.append(f"run\n  {_speed(summary.tables, counts.lines_read, run.wall_seconds, run.cpu_seconds)}\n")
    return "\n" + "\n".join([*parts, *notes_of(summary)])


def _speed(tables: Mapping[str, int], read: int, wall: float, cpu: float) -> str:
    return f"{read:,} rows to {sum(tables.values()):,} rows in {wall:,.1f} s ({cpu:,.1f} s of CPU)"
