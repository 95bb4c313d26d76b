"""`load`: a finished output into a MySQL or MariaDB database."""

from __future__ import annotations

import argparse
import getpass
import re
import sys
from typing import TYPE_CHECKING

from ..database.target import PASSWORDS, TLS
from ..errors import UsageError
from .signals import signals

if TYPE_CHECKING:
    from ..database.load import Loaded, LoadProgress
    from ..database.target import Target

NAME = "load"
HELP = "load a finished output into MySQL or MariaDB"
DESCRIPTION = f"""\
Load a finished output into a MySQL or MariaDB database, which is made when it is not there.

The tables are filled and indexed beside those of the course that may be there, checked, and swapped in all at once at the end:
readers see the old course or the new one. A load that fails leaves the old course as it was and can be repeated.

The password comes from --password-file, --defaults-file, the environment ({" or ".join(PASSWORDS)}) or the terminal."""
LEFT = "the database holds a whole course, the old or the new one"
EXAMPLES = (
    "load moocdb/ --to mysql://user@host:3306/course",
    "load moocdb/ --to 'mysql://user@localhost/course?socket=/run/mysqld/mysqld.sock'",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="DIR", help="output folder of a run; of an output that was split by course, one of the folders in it")
    add_database_arguments(parser, required=True)
    parser.add_argument("--quiet", action="store_true", help="no progress and no report, only warnings and errors")


def add_database_arguments(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Where to load to and how to get in: the same for every command that does it."""
    what = "database to load into, as mysql://user@host:port/database; never with a password"
    parser.add_argument("--to", metavar="URL", required=required, help=what if required else f"also load the tables: {what}")
    add_login_arguments(parser)
    parser.add_argument("--connections", metavar="N", default="4", help="tables to load at the same time (default: 4)")


def add_login_arguments(parser: argparse.ArgumentParser) -> None:
    """How to get in."""
    parser.add_argument("--password-file", metavar="FILE", help="file whose first line is the password; only you may be able to read it")
    parser.add_argument("--defaults-file", metavar="FILE", help="option file of MySQL's programs, for what the URL leaves open: its [client] section")
    parser.add_argument(
        "--tls", choices=TLS, help="preferred (default): if the server offers it; required: or not at all; verify: and check its certificate; off"
    )
    parser.add_argument("--tls-ca", metavar="FILE", help="certificates to check that of the server with (default: those of the system); means verify")


def execute(args: argparse.Namespace) -> int:
    with signals(LEFT):
        load_into(args, args.path, target(args))
    return 0


def target(args: argparse.Namespace) -> Target:
    """Where to load to, once the server has let us in: whoever must be asked is asked now, not hours later."""
    from ..database.staging import check_connections

    check_connections(_connections(args))
    return logged_in(args)


def logged_in(args: argparse.Namespace) -> Target:
    """The database that the arguments name, once the server has let us in."""
    return let_in(named(args, args.to))


def named(args: argparse.Namespace, url: str) -> Target:
    """The database that a URL names, with the login of the arguments."""
    from ..database.target import target_of

    names = ("password_file", "defaults_file", "tls", "tls_ca")
    return target_of(url, **{name: getattr(args, name) for name in names})


def let_in(to: Target) -> Target:
    """The same, once the server has let us in."""
    from ..database.session import log_in

    return log_in(to, _ask)


def load_into(args: argparse.Namespace, path: str, to: Target) -> None:
    """Load, with progress and report."""
    from ..database.load import load
    from .progress import Lines

    with Lines(sys.stderr, quiet=args.quiet) as lines:
        loaded = load(path, to, connections=_connections(args), progress=lambda state: lines.show(lambda _: progress_line(state)))
    if not args.quiet:
        print(report(loaded), file=sys.stderr, end="")
    for warning in loaded.warnings:
        print(f"moocdb_fast: {warning}", file=sys.stderr)


def _connections(args: argparse.Namespace) -> int:
    if not re.fullmatch("[0-9]{1,9}", args.connections):  # so few digits that int() takes them
        shown = args.connections if len(args.connections) <= 20 else f"{args.connections[:20]}..."
        raise UsageError(f"--connections cannot be {shown!r}", "use a number, for example 4")
    return int(args.connections)


def _ask(to: Target) -> str | None:
    """Ask on the terminal, if there is one."""
    if not sys.stdin.isatty():
        return None
    try:
        return getpass.getpass(f"Password of {to.user} at {to.server}: ", stream=sys.stderr)
    except EOFError:
        return None


def progress_line(state: LoadProgress) -> str:
    """`load: rows, 1,200,000 of 5,000,000, 260,000 rows/s`."""
    from .progress import duration

    if state.phase != "rows" or not state.rows_total:
        return f"load: {state.phase}, {duration(state.elapsed)}"
    speed = f", {state.rows_done / state.elapsed:,.0f} rows/s" if state.elapsed > 1 else ""
    return f"load: rows, {state.rows_done:,} of {state.rows_total:,}{speed}"


def report(loaded: Loaded) -> str:
    """What was loaded where, and how long it took."""
    rows = [f"  {name:<34} {count:>14,}\n" for name, count in loaded.tables.items() if count]
    seconds = ", ".join(f"{step} {took:,.1f} s" for step, took in loaded.seconds.items() if step != "total")
    head = f"\nloaded into {loaded.database} at {loaded.server} ({loaded.version})\n"
    return head + "".join(rows or ["  no rows\n"]) + f"{loaded.rows:,} rows in {loaded.seconds['total']:,.1f} s ({seconds})\n"
