"""The command line: data on standard output, talk on standard error, an exit code for every way a run can end.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ..errors import EXIT_CODES, InternalError, Interrupted, MoocdbError
from . import check, coursera, events, load, relations, run, schema, shard, sql, views

PROGRAM = "python -m moocdb_fast"
COMMANDS = (run, shard, coursera, load, sql, check, views, relations, schema, events)
TRACEBACK = "MOOCDB_FAST_TRACEBACK"
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the return value is the exit code."""
    try:
        args = build_parser().parse_args(argv)
        code: int = args.execute(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output is gone (`| head`): nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Interrupted as error:
        return _fail(error, error.status)
    except KeyboardInterrupt:
        return _fail(Interrupted(), Interrupted.exit_code)
    except MoocdbError as error:
        return _fail(error, error.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        # only the kind of the error: its text may quote a line of the log
        hint = f"this is a bug; set {TRACEBACK}=1 and run again to see where"
        return _fail(InternalError(f"unexpected {type(error).__name__}", hint), InternalError.exit_code)


def _fail(error: MoocdbError, code: int) -> int:
    line = f"moocdb_fast: {error.message}"
    if error.hint:
        line += f" - {error.hint}"
    print(line, file=sys.stderr, flush=True)
    return code


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints look like all others: one line."""

    def error(self, message: str) -> NoReturn:
        print(f"moocdb_fast: {message} - see: {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import version

        from .._core import implementation

        print(f"moocdb_fast {version('moocdb_fast')} (simdjson: {implementation()})")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the CLI reference is printed from it."""
    parser = _Parser(
        prog=PROGRAM,
        description="Translate edX tracking logs into MOOCdb tables.",
        epilog=_epilog(f"{PROGRAM} run tracking.log.gz --out moocdb/"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and the simdjson implementation in use")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)
    for module in COMMANDS:
        command = commands.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=_epilog(*(f"{PROGRAM} {example}" for example in module.EXAMPLES)),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(command)
        command.set_defaults(execute=module.execute)
    return parser


def _epilog(*examples: str) -> str:
    lines = ["example:" if len(examples) == 1 else "examples:", *(f"  {example}" for example in examples), "", "exit codes:"]
    lines += [f"  {code:3}  {meaning}" for code, meaning in sorted(EXIT_CODES.items())]
    return "\n".join(lines)
