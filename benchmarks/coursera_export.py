"""Write a synthetic export of a Coursera session course: python benchmarks/coursera_export.py --users 2000 --out export

The three dumps of one course, in either format; the same options give the same bytes, and both formats of a seed are the same course.
Nothing in it is about a real person or course.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from generate import opened
from synthetic_coursera import PARTS, Course, Layout, awkward, write_part

NAMES = {"hash_mapping": "hash_mapping", "general": "anonymized_general", "forum": "anonymized_forum"}


def export(course: Course, form: int, folder: Path, *, layout: Layout = "mysqldump", suffix: str = ".sql") -> dict[str, Path]:
    """Write the three dumps; where they are, by part."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {part: folder / f"{course.url}_{NAMES[part]}{suffix}" for part in PARTS}
    for part, path in paths.items():
        with opened(path) as out:
            write_part(course, part, form, out, layout)
    return paths


def main() -> None:
    """Read the options and write."""
    default = Course()
    parser = argparse.ArgumentParser(description="Write a synthetic export of a Coursera session course.")
    parser.add_argument("--out", type=Path, required=True, help="the folder")
    parser.add_argument("--format", type=int, choices=(1, 2), default=2)
    parser.add_argument("--users", type=int, default=default.users)
    parser.add_argument("--lectures", type=int, default=default.lectures)
    parser.add_argument("--quizzes", type=int, default=default.quizzes)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--layout", choices=("mysqldump", "phpmyadmin", "rows"), default="mysqldump")
    parser.add_argument("--gzip", action="store_true", help="compress the dumps")
    parser.add_argument("--awkward", action="store_true", help="add rows that break the rules")
    given = parser.parse_args()
    course = Course(seed=given.seed, users=given.users, lectures=given.lectures, quizzes=given.quizzes)
    export(awkward(course) if given.awkward else course, given.format, given.out, layout=given.layout, suffix=".sql.gz" if given.gzip else ".sql")


if __name__ == "__main__":
    main()
