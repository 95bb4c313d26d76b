"""Make examples/tracking.log.gz again: python examples/make_example.py

The log is synthetic, made by the generator in benchmarks/. A test checks that this script gives the same log.
"""

from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
sys.path.insert(0, str(EXAMPLES.parent / "benchmarks"))

from generate import generate  # noqa: E402
from synthetic_log import Plan  # noqa: E402

LOG = EXAMPLES / "tracking.log.gz"
# About 2,000 lines: one course of 2013, two of 2024, and enough malformed lines to see what becomes of them.
PLAN = Plan(size=1_550_000, era="mixed", seed=20130304, users=24, courses=3, resources=45, bad_rate=0.01)


def main() -> int:
    """Write the log beside this script."""
    tally = generate(PLAN, LOG)
    print(f"{LOG.name}: {tally.lines:,} lines, {tally.malformed} of them malformed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
