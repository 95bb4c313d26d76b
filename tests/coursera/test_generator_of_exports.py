"""The synthetic exports: the same options give the same bytes, both formats are the same course, every layout says the same."""

import pyarrow as pa
import pytest
from coursera_export import export
from synthetic_coursera import CASES, PARTS, Course, awkward

from moocdb_fast.coursera.detect import open_export


def tables(folder):
    """The rows of all tables, without the columns that tell a person or are of one format only."""
    source = open_export(folder)
    found = {}
    for name, columns in source.tables().items():
        names = [column.name for column in columns]
        found[name] = (names, list(zip(*pa.Table.from_batches(source.rows(name, names)).to_pydict().values(), strict=True)))
    source.close()
    return found


@pytest.fixture(scope="module")
def course():
    return awkward(Course(seed=5, users=25))


def test_the_same_options_give_the_same_bytes(course, tmp_path):
    one, other = (
        export(course, 2, tmp_path / "one", suffix=".sql.gz"),
        export(awkward(Course(seed=5, users=25)), 2, tmp_path / "two", suffix=".sql.gz"),
    )
    assert [one[part].read_bytes() for part in PARTS] == [other[part].read_bytes() for part in PARTS]
    third = export(awkward(Course(seed=6, users=25)), 2, tmp_path / "three")
    assert third["general"].read_bytes() != export(course, 2, tmp_path / "four")["general"].read_bytes()


def test_every_layout_says_the_same(course, tmp_path):
    usual, *others = (tables(export(course, 2, tmp_path / layout, layout=layout)["general"].parent) for layout in ("mysqldump", "phpmyadmin", "rows"))
    assert others == [usual, usual]


def test_both_formats_are_the_same_course(course, tmp_path):
    for form in (1, 2):
        export(course, form, tmp_path / str(form))
    first, second = tables(tmp_path / "1"), tables(tmp_path / "2")
    assert first.keys() == second.keys()
    compared = 0
    for name, (columns, rows) in first.items():
        others, theirs = second[name]
        assert len(rows) == len(theirs)
        persons = {"anon_user_id", "forum_user_id", "session_user_id", "author_id"} | ({"user_id"} if name != "hash_mapping" else set())
        for column in set(columns) & set(others) - persons:
            ours = [row[columns.index(column)] for row in rows]
            assert [str(value) for value in ours] == [str(row[others.index(column)]) for row in theirs]
            compared += len(ours)
    assert compared > 5_000


def test_awkward_rows_come_on_top(course):
    tidy = Course(seed=5, users=25)
    more = {table for table in course.extra if len(list(course.rows(table))) > len(list(tidy.rows(table)))}
    assert more == set(course.extra)
    assert len(CASES) == 32
