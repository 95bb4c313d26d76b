"""`events`: what each event type means, and what those in a log become."""

from __future__ import annotations

import argparse
import sys

from ..errors import DamagedInput
from .signals import signals

NAME = "events"
HELP = "print the event map, or explain the event types of a log"
DESCRIPTION = """\
Print what the translator knows about event types and request paths, in the order in which it tries them; or, with `explain`,
show what becomes of the first line of each type in a log."""
EXAMPLES = ("events explain examples/tracking.log.gz", "events --format json")
FORMATS = ("md", "json")
_EXPLAIN = """\
For each event type in the logs, print where its first line stands, what declares the type, and the rows that the line makes, or why
it makes none. Logs are read to their end. The first lines are then translated as a log of their own: what depends on other lines
(an inherited page, a duration, a mark for an earlier submission) may be missing. Text that learners wrote is not shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=FORMATS, default="md", help="Markdown (default) or JSON")
    commands = parser.add_subparsers(title="commands", metavar="explain")
    explain = commands.add_parser(
        "explain",
        help="show what the first line of each type in a log becomes",
        description=_EXPLAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    explain.epilog = "example:\n  python -m moocdb_fast events explain examples/tracking.log.gz"
    explain.add_argument("inputs", nargs="+", metavar="INPUT", help="file, folder, pattern or -")
    explain.add_argument("--show-text", action="store_true", help="show what learners wrote; do not pass it on")
    explain.add_argument("--quiet", action="store_true", help="no progress")
    explain.set_defaults(execute=_explain)


def execute(args: argparse.Namespace) -> int:
    from . import render_events

    print({"md": render_events.events_md, "json": render_events.events_json}[args.format](), end="")
    return 0


def _explain(args: argparse.Namespace) -> int:
    with signals():
        from ..explain import explain
        from .progress import Progress
        from .render_explanation import explanation

        with Progress(sys.stderr, quiet=args.quiet) as progress:
            found = explain(args.inputs, progress=progress)
    print(explanation(found, show_text=args.show_text), end="")
    if found.damage:
        item, damage = found.damage[0]
        raise DamagedInput(f"{item.given}: {damage}", "what could be read is explained above; get a whole copy of the file")
    return 0
