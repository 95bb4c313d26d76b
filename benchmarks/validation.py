"""What it costs to find every fault of a line: python benchmarks/validation.py LOG

Reads the lines of a log with simdjson in four ways, and with the kernel's reader, and prints a Markdown table: CPU seconds per gigabyte (best of
some rounds, which alternate) and how many lines that are no JSON each way takes for good. These are the documents of tests/conformance in a member
that nobody asks for.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from conformance.documents import DOCUMENTS  # noqa: E402
from conformance.judge import judge  # noqa: E402
from conformance.lines import MEMBERS  # noqa: E402

WAYS = {
    "dom": "DOM",
    "members": "On-Demand, three members read",
    "names": "On-Demand, all names at the top",
    "walk": "On-Demand, every value visited",
    "kernel": "the kernel's reader",
}


def build(folder: Path) -> Path:
    """The program, compiled like the kernel."""
    spec = importlib.util.find_spec("simdjson")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pysimdjson is needed: pip install -r benchmarks/requirements.txt")
    sources = Path(spec.submodule_search_locations[0])
    program = folder / "validation"
    compiler = [os.environ.get("CXX", "c++"), "-std=c++17", "-O3", "-DNDEBUG", f"-I{sources}", f"-I{HERE.parent / 'src/moocdb_fast/_core'}"]
    subprocess.run([*compiler, str(HERE / "validation.cpp"), str(sources / "simdjson.cpp"), "-o", str(program)], check=True)
    return program


def run(program: Path, way: str, path: Path) -> tuple[float, int, str]:
    """CPU seconds, lines taken, and the implementation of simdjson."""
    seconds, taken, implementation = subprocess.run([program, way, path], check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), int(taken), implementation


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    lines = [b"{" + MEMBERS + b', "zz": ' + document + b"}" for document in DOCUMENTS.values()]
    good, broken = ([line + b"\n" for line in lines if judge(line).json == wanted] for wanted in (True, False))
    with tempfile.TemporaryDirectory() as name:
        program = build(Path(name))
        (Path(name) / "good").write_bytes(b"".join(good))
        (Path(name) / "broken").write_bytes(b"".join(broken))
        best = dict.fromkeys(WAYS, float("inf"))
        for _ in range(arguments.rounds):
            for way in WAYS:
                seconds, _, implementation = run(program, way, arguments.log)
                best[way] = min(best[way], seconds)
        print(f"simdjson {implementation}, {arguments.log.stat().st_size / 1e6:.0f} MB, best of {arguments.rounds}\n")
        print(f"| way | CPU s per GB | of DOM | of {len(broken)} broken lines taken | of {len(good)} good ones refused |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for way, label in WAYS.items():
            taken, kept = (run(program, way, Path(name) / kind)[1] for kind in ("broken", "good"))
            per_gigabyte = best[way] / arguments.log.stat().st_size * 1e9
            print(f"| {label} | {per_gigabyte:.2f} | {best[way] / best['dom']:.2f} | {taken} | {len(good) - kept} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
