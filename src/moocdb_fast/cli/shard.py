"""`shard`: a scan in pieces that any number of machines run, in any order."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import DamagedInput, UsageError, escaped
from ..options import FIELDS, SCAN_FIELDS, Options, option_name
from .progress import State
from .run import add_options, damage_message, options_of
from .signals import signals

NAME = "shard"
HELP = "translate on many machines: plan, run a piece, merge"
DESCRIPTION = """\
Translate logs on any number of machines that share a folder: `plan` deals the logs out in pieces, `run` scans one of them (on any machine, in any
order, as often as you like), `merge` writes the tables. They are those of `run` on one machine, byte for byte."""
EXAMPLES = (
    "shard plan 'logs/*.gz' --shards 100 --out plan.json",
    "shard run plan.json --index 0 --work pieces/",
    "shard merge plan.json --work pieces/ --out moocdb/",
)
_INDEXES = ("SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "JOB_COMPLETION_INDEX")
"""Where batch systems tell a task its number, PBS and Kubernetes too."""
_NOT_SHARED = ("append", "state", "resume")  # options of a run on one machine
_KEPT = "nothing was written; pieces are kept"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, text, description, example, add, execute in (
        ("plan", "deal logs out in pieces", _PLAN, EXAMPLES[0], _add_plan, _plan),
        ("run", "scan one piece", _RUN, EXAMPLES[1], _add_run, _run),
        ("merge", "write the tables", _MERGE, EXAMPLES[2], _add_merge, _merge),
    ):
        command = commands.add_parser(
            name, help=text, description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )
        command.epilog = f"example:\n  python -m moocdb_fast {example}"
        add(command)
        command.set_defaults(execute=execute)


_PLAN = """\
Deal logs out in pieces of about equal size. Plain files are cut into ranges, a compressed file is in one piece.
The plan names the files by their full paths: all machines must see them there."""


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="file, folder, pattern or URI")
    parser.add_argument("--shards", metavar="N", type=int, required=True, help="how many pieces to make")
    parser.add_argument("--out", metavar="FILE", required=True, help="where to write the plan")
    add_options(parser, without=[name for name in FIELDS if name not in SCAN_FIELDS])


_RUN = """\
Scan one piece of a plan into DIR, which all machines share. It appears there whole. A piece that is there is not scanned again; what a
killed run of it had finished is taken over."""


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="file that `shard plan` wrote")
    parser.add_argument("--index", metavar="I", type=int, help=f"which piece, from 0 (default: that of the job, in {', '.join(_INDEXES)})")
    parser.add_argument("--work", metavar="DIR", required=True, help="folder for the pieces, or a URI; made with mode 0700, for it holds user names")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="worker processes (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="no progress and no report, only errors")


_MERGE = """\
Write the MOOCdb tables of a plan whose pieces are all in DIR. The logs must still be where they were. DIR may be removed afterwards.

Most of that can be shared out too: with --part J/M (0/M to M-1/M, on any machine, in any order) a part of the rows is resolved into DIR and
no table is written; when all parts are there, --parts M has the tables written from them."""


def _add_merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="file that `shard plan` wrote")
    parser.add_argument("--work", metavar="DIR", required=True, help="folder with the pieces, or a URI")
    parser.add_argument("--out", metavar="DIR", help="output folder or URI; made when missing, otherwise empty")
    parser.add_argument("--part", metavar="J/M", help="resolve part J of M, and write no tables")
    parser.add_argument("--parts", metavar="M", type=int, default=0, help="write the tables from M parts that were resolved before")
    add_options(parser, without=(*SCAN_FIELDS, *_NOT_SHARED))


def execute(args: argparse.Namespace) -> int:  # never: a command is required
    raise UsageError("what should be done?", "see: python -m moocdb_fast shard --help")


def _plan(args: argparse.Namespace) -> int:
    if args.payloads:
        args.restricted = os.devnull  # the merge says where they go, and refuses to go without
    options = options_of(args)
    with signals():
        from ..cluster.plan import make_plan

        plan = make_plan(args.inputs, args.shards, options)
        plan.write(Path(args.out))
    if not args.quiet:
        from .progress import size

        total = sum(plan.piece(index).bytes for index in range(len(plan.pieces)))
        print(f"{len(plan.files)} files, about {size(total)} unpacked, in {len(plan.pieces)} pieces", file=sys.stderr)
    return 0


def _run(args: argparse.Namespace) -> int:
    index = _index() if args.index is None else args.index
    if args.workers < 1:
        raise UsageError(f"--workers cannot be {args.workers}: it must be at least 1", "see: python -m moocdb_fast shard run --help")
    with signals(_KEPT):
        from ..cluster.afar import run_piece_afar
        from ..cluster.piece import run_piece
        from ..cluster.plan import ShardPlan
        from ..remote import Remote, place_of
        from .progress import Progress, size

        piece = ShardPlan.read(Path(args.plan)).piece(index)
        work = place_of(args.work)
        with Progress(sys.stderr, quiet=args.quiet) as progress:
            report = _counter(progress, piece.bytes)
            if isinstance(work, Remote):
                made = run_piece_afar(piece, work, report, workers=args.workers)
            else:
                made = run_piece(piece, work, report, workers=args.workers)
    if not args.quiet:
        print(f"{piece.name}: {size(piece.bytes)} {'scanned' if made else 'were scanned already'}", file=sys.stderr)
    return 0


def _counter(show: Callable[[State], None], total: int) -> Callable[[int, int], None]:
    """Adds up what a scan reports, and shows it."""
    from ..translate import Progress

    started, so_far = time.monotonic(), Progress("scan", 0, total, 0, 0)

    def report(size: int, events: int) -> None:
        so_far.bytes_done += size
        so_far.bytes_total = max(so_far.bytes_total, so_far.bytes_done)
        so_far.events += events
        so_far.elapsed = time.monotonic() - started
        show(so_far)

    return report


def _index() -> int:
    for name in _INDEXES:
        text = os.environ.get(name, "")
        if text.isdecimal():
            return int(text)
    raise UsageError("which piece should be scanned?", "add --index I, or run it as a task of an array job")


def _part(args: argparse.Namespace, options: Options) -> int:
    from ..cluster.part import OPTIONS, run_part
    from ..cluster.plan import ShardPlan
    from ..remote import Remote, place_of
    from .progress import Progress

    part, _, of = args.part.partition("/")
    if not (part.isdecimal() and of.isdecimal()):
        raise UsageError(f"--part cannot be {escaped(args.part)!r}", "write it as in: --part 0/8")
    useless = [option_name(name) for name in FIELDS if name not in (*OPTIONS, "workers") and getattr(args, name, None) is not None]
    if args.out or args.parts or useless:
        option = "out" if args.out else "parts" if args.parts else useless[0]
        raise UsageError(f"--{option} is of no use to a part, which writes no tables", "say it to the merge that writes them")
    if isinstance(place_of(args.work), Remote):
        raise UsageError("parts of a merge lie in a folder that all machines share", "name that with --work")
    with signals(_KEPT), Progress(sys.stderr, quiet=args.quiet) as progress:
        made = run_part(ShardPlan.read(Path(args.plan)), args.work, int(part), int(of), options, progress)
    if not args.quiet:
        print(f"part {part} of {of}: {'resolved' if made else 'was resolved already'}", file=sys.stderr)
    return 0


def _merge(args: argparse.Namespace) -> int:
    options = options_of(args)
    if args.part is not None:
        return _part(args, options)
    if not args.out:
        raise UsageError("where should the tables go?", "add --out DIR, for example: --out moocdb/")
    if args.parts < 0:
        raise UsageError(f"--parts cannot be {args.parts}", "say how many parts were resolved, or leave it out")
    with signals(_KEPT):
        from ..cluster.merge import merge_shards
        from ..cluster.plan import ShardPlan
        from .progress import Progress
        from .report import report

        with Progress(sys.stderr, quiet=args.quiet) as progress:
            summary = merge_shards(ShardPlan.read(Path(args.plan)), args.work, args.out, options, progress, parts=args.parts)
        if not args.quiet:
            print(report(summary), file=sys.stderr, end="")
        if summary.newly_damaged:
            raise DamagedInput(*damage_message(summary.newly_damaged, args.out))
    return 0
