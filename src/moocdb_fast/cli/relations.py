"""`relations`: the nine tables of the published relational stage."""

from __future__ import annotations

import argparse
import sys

from ..errors import COMPLETE, DamagedInput, UsageError
from .run import add_options, damage_message, options_of
from .signals import signals

NAME = "relations"
HELP = "write the tables of the published relational stage"
DESCRIPTION = """\
Translate edX tracking logs into the nine tables of the published pipeline's first stage: EdxTrackEvent, Answer, CorrectMap, State,
InputState, ABExperiment and LoadInfo in DIR; Account and EventIp, which hold personal data, only in the folder of --restricted.
Lines are read, repaired, filtered and counted as by `run`; `run --from-relations DIR` makes MOOCdb tables of the result."""
EXAMPLES = ("relations examples/tracking.log.gz --out intermediary_csv/",)
_OTHERS = ("split_by_course", "formats", "spreadsheet_safe", "payloads", "append", "state", "resume")  # options that only the MOOCdb tables have


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="file, folder, pattern, URI or -")
    parser.add_argument("--out", metavar="DIR", help="output folder; made when missing, otherwise empty")
    parser.add_argument("--header", action="store_true", help="put the names of the columns in front; the published second stage cannot read that")
    add_options(parser, without=_OTHERS, help={"restricted": _RESTRICTED, "geoip": _GEOIP})


_RESTRICTED = "folder (made with mode 0700) for personal data: Account and EventIp, and the start of each rejected line"
_GEOIP = "MaxMind-format database (.mmdb) for ip_country"


def execute(args: argparse.Namespace) -> int:
    options = options_of(args)
    if not args.out:
        raise UsageError("where should the tables go?", "add --out DIR, for example: --out intermediary_csv/")
    with signals() as leaving:
        from ..relations import write_relations
        from .progress import Progress
        from .report import report

        with Progress(sys.stderr, quiet=args.quiet) as progress:
            summary = write_relations(args.inputs, args.out, options, progress, header=args.header)
            leaving.now(*COMPLETE)
        if not args.quiet:
            print(report(summary), file=sys.stderr, end="")
        if summary.damaged:
            raise DamagedInput(*damage_message(summary.damaged, args.out))
    return 0
