"""Instructions of the kernel, counted: speed cannot rot unseen.

    python ci/instructions.py            # compare with the stored figures; more than 10 % above one of them fails
    python ci/instructions.py --update   # store the figures of this build

Counts are of valgrind's callgrind, over the run of a synthetic log. They do not depend on the load of the machine, but on the compiler: so
what is compared is the ratio to the instructions of the JSON parser in the same run (simdjson: mostly its first stage).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
STORED = Path(__file__).with_suffix(".json")
MOST = 1.10
SIZE = "3MB"
ERAS = ("modern", "legacy")
_NAMED = re.compile(r"(\w+)=\((\d+)\)(?: (.*))?$")


def measure(era: str) -> dict[str, int]:
    """Instructions of the kernel's own code in the run of a log of an era: of all of it, and of the JSON parser in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, out = folder / "log.json", folder / "callgrind.out"
        make = (sys.executable, ROOT / "benchmarks/generate.py", "--size", SIZE, "--era", era, "--out", log)
        subprocess.run(make, check=True, stderr=subprocess.DEVNULL)
        count = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--log-file=/dev/null")
        run = (sys.executable, "-m", "moocdb_fast", "run", log, "--out", folder / "out", "--key-file", folder / "key", "--workers", "1")
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        subprocess.run((*count, *run), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        return _own_cost(out)


def _own_cost(out: Path) -> dict[str, int]:
    """What the kernel's functions cost without what they call, from a file in callgrind's format."""
    names: dict[tuple[str, str], str] = {}
    cost = {"kernel": 0, "parser": 0}
    ours = parser = inclusive = False
    for line in out.read_text().splitlines():
        if line[:1].isdigit() or line[:1] in tuple("+-*"):
            given = line.split()[1:]  # behind the line of the source; there is none when it is 0
            if ours and given and not inclusive:
                cost["kernel"] += int(given[0])
                cost["parser"] += int(given[0]) * parser
            inclusive = False
        elif found := _NAMED.match(line):
            kind, number, name = found.groups()
            name = names.setdefault((kind.removeprefix("c"), number), name or "")
            if kind == "ob":
                ours = "/moocdb_fast/_core." in name
            elif kind == "fn":
                parser = "simdjson::" in name and not name.startswith(("simdjson::dom", "moocdb::"))
        elif line.startswith("calls="):
            inclusive = True  # the next line is the cost of what was called
    return cost


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--update", action="store_true", help="store the figures of this build")
    update = parser.parse_args().update
    if shutil.which("valgrind") is None:
        print("instructions are not counted: there is no valgrind", file=sys.stderr)
        return 2
    figures = {era: measure(era) for era in ERAS}
    if update:
        STORED.write_text(json.dumps(figures, indent=2) + "\n")
    stored = json.loads(STORED.read_text())
    slower = False
    for era, now in figures.items():
        ratio, before = (counts["kernel"] / counts["parser"] for counts in (now, stored[era]))
        change = ratio / before
        slower |= change > MOST
        print(f"{era}: {now['kernel']:,} instructions in the kernel, {ratio:.2f} times the parser's; stored {before:.2f}, so {change:.3f} times")
    if slower:
        print(f"more than {MOST:.2f} times: find out why (docs/performance.md), or store the new figures with --update", file=sys.stderr)
    return int(slower)


if __name__ == "__main__":
    sys.exit(main())
