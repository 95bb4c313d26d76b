"""Write a synthetic tracking log: python benchmarks/generate.py --size 100MB --out log.json

The same options give the same bytes on every machine. Hosts are under example.org and learners are called learner000123;
nothing in the file is about a real person, course or site.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from synthetic_log import Plan, Tally, declared_groups, write

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def size(text: str) -> int:
    """Bytes of `100MB`, `1GB`, `500000`; units are decimal."""
    found = re.fullmatch(r"([0-9.]+)\s*([KMGT]?)B?", text.strip().upper())
    if not found:
        raise argparse.ArgumentTypeError(f"not a size: {text} (try 100MB)")
    return int(float(found[1]) * _UNITS[found[2]])


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file to write; a name that ends in .gz is compressed, without a clock in its header."""
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
                yield cast(BinaryIO, packed)
        else:
            yield raw


def generate(plan: Plan, path: Path) -> Tally:
    """Write the log of a plan to a file."""
    with opened(path) as out:
        return write(plan, out)


def _parser() -> argparse.ArgumentParser:
    default = Plan()
    parser = argparse.ArgumentParser(description="Write a synthetic edX tracking log.")
    parser.add_argument("--out", type=Path, help="the file; .gz is compressed")
    parser.add_argument("--size", type=size, default=default.size, help="size before compression, such as 100MB (default)")
    parser.add_argument("--era", choices=("modern", "legacy", "mixed"), default=default.era)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--users", type=int, default=default.users, help="learners to draw from (default: 25 per MB)")
    parser.add_argument("--courses", type=int, default=default.courses)
    parser.add_argument("--resources", type=int, default=default.resources, help="videos and problems of all courses together")
    parser.add_argument("--escape-slashes", action="store_true", help="write every / as \\/, as some writers do")
    parser.add_argument("--bad-rate", type=float, default=default.bad_rate, help="share of malformed lines")
    parser.add_argument("--shares", action="store_true", help="only print the declared shares of lines")
    return parser


def main() -> int:
    """The command."""
    options = vars(_parser().parse_args())
    shares, out = options.pop("shares"), options.pop("out")
    plan = Plan(**options)
    if shares:
        columns = [declared_groups("modern"), declared_groups("legacy")]
        print("| lines | modern | legacy |\n| --- | --- | --- |")
        for group in columns[0]:
            print(f"| {group} | " + " | ".join(f"{100 * column[group]:.1f} %" for column in columns) + " |")
        return 0
    if out is None:
        print("error: say where to write with --out", file=sys.stderr)
        return 2
    began = time.process_time()
    tally = generate(plan, out)
    print(f"{tally.lines:,} lines, {tally.bytes:,} bytes, {tally.malformed:,} malformed, {time.process_time() - began:.1f} CPU s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
