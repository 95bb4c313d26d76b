"""Exports of any content: whatever stands in the rows, the tables keep their rules and every row has one fate."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from moocdb_fast import check
from moocdb_fast.coursera.tables import SOURCES

from .exports import REALS, T0, TEXTS, Export, attempt, php, question, quiz_xml, session, translate

# Not shrunk: an example is a whole course, and one of a few rows is found at once.
SETTINGS = settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    max_examples=30,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
small = st.one_of(st.integers(-2, 5), st.none())
times = st.one_of(st.integers(T0 - 5, T0 + 5), st.sampled_from([0, -1, 2147483647, 2**62, -(2**62)]), st.none())
words = st.one_of(
    st.sampled_from(
        ["", "post", "comment", "view", "download", "quiz", "lecture", "staff", "survey", "Student", "Europe/Berlin", "../x", "a" * 3000]
    ),
    st.text(max_size=6),
    st.none(),
)
reals = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e308, -0.0]), st.none())
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.text(max_size=4), st.floats(allow_nan=False, allow_infinity=False))
answer = st.one_of(
    scalars, st.lists(st.sampled_from(["a", "b", "c", "zz"]), max_size=4), st.fixed_dictionaries({"answer": scalars, "display": scalars})
)
attempts = st.builds(
    attempt, st.one_of(scalars, st.dictionaries(st.one_of(st.sampled_from(["p", "q", "r"]), st.integers(0, 3)), answer, max_size=4)), times, times
)
questions = st.builds(
    question,
    st.sampled_from(["p", "q", "r", None]),
    st.sampled_from(["radio", "checkbox", "select", ""]),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1, -1, 0.5, "", "x", "nan"]), st.sampled_from([0, 1, ""])), max_size=4),
)
junk = st.one_of(st.none(), st.binary(max_size=30), st.builds(lambda v: php(v).encode(), scalars))
keys = st.one_of(
    st.builds("xml.quiz_id:{}".format, st.integers(-1, 3)),
    st.builds("submission.submission_id:{}".format, st.integers(-1, 5)),
    st.builds(lambda q, p: f"saved.quiz_id:{q}.user_id:{session(p)}", st.integers(0, 3), st.integers(0, 4)),
    st.builds("forum_{}.{}".format, st.integers(-1, 3), st.integers(0, 4)),
    st.text(max_size=8),
)
values = st.one_of(attempts, st.builds(quiz_xml, questions, questions), junk, st.builds(lambda d: php(d).encode(), st.dictionaries(st.one_of(
    st.just("_all"), st.integers(-1, 4)), times)))  # fmt: skip


def rows(table):
    columns = {}
    for name in SOURCES[table].columns:
        if name in ("session", "user", "author"):
            columns["person"] = st.integers(0, 4)
        elif name == "value":
            columns[name] = values
        elif name == "key":
            columns[name] = keys
        elif name in REALS:
            columns[name] = reals
        elif name in TEXTS:
            columns[name] = words
        elif "time" in name or name == "timestamp":
            columns[name] = times
        elif name not in ("forum", "eventing"):
            columns[name] = small
    if table == "hash_mapping":
        return st.lists(st.fixed_dictionaries({"user_id": st.integers(0, 3)}), max_size=5)
    return st.lists(st.fixed_dictionaries(columns), max_size=4)


exports = st.builds(Export, st.sampled_from([1, 2]), **{table.replace(".", "__"): rows(table) for table in SOURCES})


@SETTINGS
@given(exports, st.one_of(st.none(), st.integers(1, 3)))
def test_the_tables_keep_their_rules(export, sample):
    with tempfile.TemporaryDirectory() as place:
        got = translate(export, Path(place), sample=sample)
        assert [finding for finding in check(got.out) if not finding.ok] == []
        read = sum(len(rows) for rows in export._rows.values())
        assert got.summary.lines_read == read == got.summary.events + got.summary.filtered + got.summary.rejected


@SETTINGS
@given(st.data())
def test_both_layouts_are_the_same_course(data):
    tables = {table.replace(".", "__"): data.draw(rows(table), label=table) for table in SOURCES}
    for row in tables["users"]:
        row["last_access_ip"] = None
    made = []
    with tempfile.TemporaryDirectory() as place:
        for form in (1, 2):
            got = translate(Export(form, **tables), Path(place))
            made.append({path.name: path.read_bytes() for path in got.out.iterdir() if path.name != "summary.json"})
    assert made[0] == made[1]
