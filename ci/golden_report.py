"""Writes docs/golden.md: every named difference from the published pipeline, and how often each golden case shows it.

python ci/golden_report.py            write the page from the pinned counts
python ci/golden_report.py --check    exit 1 if the page is not what it would write
python ci/golden_report.py --update   run the translator over all cases, pin the counts anew, write the page
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from moocdb_fast.events import TYPES

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from golden import compare, run  # noqa: E402 - the tests are no installed package
from golden.rules import RULES, Rule  # noqa: E402

PAGE = ROOT / "docs" / "golden.md"
COUNTS = ROOT / "tests" / "golden" / "expected_counts.json"
SAMPLES = ROOT / "tests" / "samples" / "expected"

_HEAD = """# Held against the published pipeline

`tests/golden/cases` holds {cases} synthetic tracking logs together with the tables that the published edX pipeline of 2014 wrote for
them. The test suite translates each log and looks up every observed event, submission and assessment of the published tables in
ours, and every row of ours in the published tables. A row must be there, field by field, or exactly one of the rules below must say, from
the source line and what surrounds it, why it is not. A difference without a rule fails the test. So does a count that changes.

Sources: D and K are defects of the published pipeline, listed in [differences](differences.md); T are decisions of our translation, S are sections of
[the rules](reference/rules.md).

This page is written by `ci/golden_report.py`. Do not edit it.
"""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare the page with what would be written")
    parser.add_argument("--update", action="store_true", help="run the translator and pin its counts")
    parser.add_argument("--translator", choices=run.TRANSLATORS, default="compiled", help="which translator --update runs")
    arguments = parser.parse_args()
    if arguments.update and not update(arguments.translator):
        return 1
    text = page(json.loads(COUNTS.read_text(encoding="utf-8")))
    if arguments.check:
        if PAGE.read_text(encoding="utf-8") != text:
            print("docs/golden.md is not current: run python ci/golden_report.py", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(text, encoding="utf-8")
    return 0


def update(translator: str) -> bool:
    """Pins the counts of all cases; False, and nothing pinned, if a difference has no rule."""
    counts = {}
    for case in compare.case_names():
        with tempfile.TemporaryDirectory() as folder:
            out = run.TRANSLATORS[translator](compare.log_of(case), Path(folder) / "moocdb")
            report = compare.compare(case, out, run.KEY)
        if report.unexplained:
            print(f"{case}: {len(report.unexplained)} differences without a rule, first: {report.unexplained[0]}", file=sys.stderr)
            return False
        counts[case] = dict(sorted(report.counts.items()))
    COUNTS.write_text(json.dumps(counts, indent=1) + "\n", encoding="utf-8")
    return True


def page(counts: dict[str, dict[str, int]]) -> str:
    """The text of docs/golden.md."""
    parts = [_HEAD.format(cases=len(counts))]
    for about in dict.fromkeys(rule.about for rule in RULES.values()):
        rules = [rule for rule in RULES.values() if rule.about == about]
        parts.append(f"## {about}\n\n| rule | why | source | cases |\n| --- | --- | --- | --- |\n" + "".join(_row(rule, counts) for rule in rules))
    parts.append(samples(len(TYPES)))
    return "\n".join(parts)


_SAMPLES = """## Examples that the makers of edX published

The examples of the documentation and the test fixtures of the platform's own analytics ({lines:,} lines in {files} files, which are
not part of this project) go through the translator, too. `tests/samples` has assertions for each family, written from the documentation,
and pins what becomes of every line. Of the {declared} declared event types {covered} have a published example among them.

| examples | lines | translated | filtered | rejected | rows made |
| --- | --- | --- | --- | --- | --- |
{table}"""


def samples(declared: int) -> str:
    """What the pins of the published examples say."""
    pins = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SAMPLES.glob("*.json"))}
    covered = pins.pop("types")
    rows = []
    for name, lines in pins.items():
        fates = [sum(line[0] == fate for line in lines) for fate in ("translated", "filtered", "rejected")]
        made = sum(sum(line[2].values()) for line in lines)
        rows.append(f"| {name.replace('__', ': ')} | {len(lines)} | {' | '.join(map(str, fates))} | {made} |\n")
    total = sum(len(lines) for lines in pins.values())
    return _SAMPLES.format(lines=total, files=len(pins), declared=declared, covered=len(covered), table="".join(rows))


def _row(rule: Rule, counts: dict[str, dict[str, int]]) -> str:
    cases = ", ".join(f"{case} {found[rule.name]}" for case, found in sorted(counts.items()) if rule.name in found)
    return f"| `{rule.name}` | {rule.reason} | {rule.source} | {cases} |\n"


if __name__ == "__main__":
    sys.exit(main())
