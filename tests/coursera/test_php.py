"""Serialized PHP values: against phpserialize, against damage, and the columns of answers against a plain-Python twin."""

import math
import random

import numpy as np
import phpserialize
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast import _core
from moocdb_fast.coursera.php import LONGEST, PhpError, php_answers, php_loads, php_text

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.binary(max_size=40)
KEYS = st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=10)
VALUES = st.recursive(SCALARS, lambda inner: st.dictionaries(KEYS, inner, max_size=20), max_leaves=40)
NO_NUMBER = np.iinfo(np.int64).min


@given(VALUES)
def test_values_come_back(value):
    assert php_loads(phpserialize.dumps(value)) == value


@given(VALUES, st.randoms(use_true_random=False))
@settings(max_examples=400)
def test_damage_is_an_error_or_what_the_library_reads(value, dice):
    data = bytearray(phpserialize.dumps(value))
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.randint(0, 2)] = dice.choice([b"", bytes([dice.randrange(256)]), b";", b"9", b"a:1:{", b"N;"])
    try:
        found = php_loads(bytes(data))
    except PhpError:
        return
    assert repr(found) == repr(phpserialize.loads(bytes(data)))


@pytest.mark.promise("P27")
@given(st.binary(max_size=200) | st.text(alphabet='abdisNOCRr:;{}"0123456789.-+E', max_size=80).map(str.encode))
def test_bytes_are_a_value_or_an_error(data):
    try:
        php_loads(data)
    except PhpError as error:
        assert "byte" in str(error)


@pytest.mark.promise("P27")
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "byte 0: the value breaks off"),
        (b'O:8:"stdClass":0:{}', "byte 0: an object or a reference"),
        (b"a:1:{i:0;R:1;}", "byte 9: an object or a reference"),
        (b'C:1:"x":0:{}', "an object or a reference"),
        (b"i:1;i:2;", "byte 4: something follows the value"),
        (b's:9:"abc";', "a length beyond the end"),
        (b's:2:"abc";', "byte 7: a byte that does not belong here"),
        (b's:99999999999999999999999:"a";', "a length beyond the end"),
        (b"a:1000000000:{i:0;N;}", "a length beyond the end"),
        (b"a:6:{i:0;N;}", "more entries than bytes"),
        (b"a:1:{i:0;N;", "the value breaks off"),
        (b"a:1:{d:0.5;N;}", "a key that is neither integer nor text"),
        (b"a:1:{i:99999999999999999999;N;}", "a key beyond 64 bits"),
        (b"b:2;", "a boolean that is none"),
        (b"i:;", "an integer that is none"),
        (b"i:1.5;", "an integer that is none"),
        (b"d:0x10;", "a float that is none"),
        (b"d:nan;", "a float that is none"),
        (b"a:1:{i:0;" * 100 + b"N;" + b"}" * 100, "arrays nested too deeply"),
        (b"a:1:{i:0;" * 1_000_000, "arrays nested too deeply"),
    ],
)
def test_what_is_refused(data, says):
    with pytest.raises(PhpError, match=says):
        php_loads(data)


@pytest.mark.promise("P27")
def test_a_value_that_is_too_long_is_refused_unread():
    with pytest.raises(PhpError, match="64 MiB"):
        php_loads(bytes(LONGEST + 1))


def test_many_values_are_bounded():
    data = b"a:%d:{%s}" % (2_100_000, b"i:0;N;" * 2_100_000)
    with pytest.raises(PhpError, match="too many values"):
        php_loads(data)


def test_rare_numbers():
    assert php_loads(b"i:99999999999999999999;") == 99999999999999999999
    assert php_loads(b"a:2:{i:0;d:INF;i:1;d:-INF;}") == {0: math.inf, 1: -math.inf}
    assert math.isnan(php_loads(b"d:NAN;"))
    assert php_loads(b"d:1.0E+25;") == 1e25
    assert php_loads(b"i:+5;") == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, b"0.1"), (1.0, b"1"), (1e25, b"1.0E+25"), (1.5e-7, b"1.5E-7"), (0.00001, b"1.0E-5"), (1e14, b"1.0E+14"), (0.0, b"0"), (-0.0, b"-0"),
        (123456.789, b"123456.789"), (1 / 3, b"0.33333333333333"), (-2.5, b"-2.5"), (True, b"1"), (False, b""), (None, b""), (-7, b"-7"),
        (b"\xff", b"\xff"),
    ],
)  # fmt: skip
def test_texts_of_scalars_are_those_of_php(value, text):
    assert php_text(value) == text
    found = php_answers(pa.array([phpserialize.dumps({b"answers": {b"q": {b"answer": {0: value}}}})]))
    assert bytes(found["value_data"]) == text


def number(value):
    if isinstance(value, bool) or value is None or isinstance(value, dict):
        return NO_NUMBER
    if isinstance(value, bytes):
        stripped = value.strip(bytes(range(33)))
        digits = stripped.removeprefix(b"+") if stripped[:1] == b"+" else stripped.removeprefix(b"-")
        if not digits.isdigit():
            return NO_NUMBER
        value = int(stripped)
    if isinstance(value, float) and not abs(value) < 9.2e18:
        return NO_NUMBER
    value = int(value)
    return value if -(2**63) <= value < 2**63 else NO_NUMBER


def twin(values):
    """What php_answers gives, value by value."""
    rows, answers, selected = [], [], []
    for row, value in enumerate(values):
        entry = {"status": 0, "start": NO_NUMBER, "saved": NO_NUMBER, "has_answers": 0}
        rows.append(entry)
        if value is None:
            entry["status"] = 1
            continue
        try:
            found = php_loads(value)
            if isinstance(found, bytes):
                found = php_loads(found)
        except PhpError:
            entry["status"] = 2
            continue
        if not isinstance(found, dict):
            entry["status"] = 3
            continue
        entry["start"], entry["saved"] = number(found.get(b"start_time")), number(found.get(b"saved_time"))
        questions = found.get(b"answers")
        entry["has_answers"] = int(isinstance(questions, dict))
        for question, answer in questions.items() if isinstance(questions, dict) else ():
            if isinstance(answer, dict):
                answer = answer.get(b"answer", answer)
            if isinstance(answer, dict):
                chosen = [php_text(v) for v in answer.values() if not isinstance(v, dict)]
                shape = 1 if chosen else 0
            else:
                shape = 0 if answer is None or answer is False else 2
                chosen = [php_text(answer)] if shape else []
            selected += [(len(answers), text) for text in chosen]
            answers.append((row, php_text(question), shape))
    return rows, answers, selected


def columns(found):
    """The same from what the kernel gives."""
    rows = [
        dict(zip(("status", "start", "saved", "has_answers"), map(int, row), strict=True))
        for row in zip(*(found[n] for n in ("status", "start", "saved", "has_answers")), strict=True)
    ]
    cut = lambda name: [bytes(found[f"{name}_data"][a:b]) for a, b in zip(found[f"{name}_offsets"], found[f"{name}_offsets"][1:], strict=False)]  # noqa: E731
    answers = list(zip(found["answer_row"].tolist(), cut("question"), found["shape"].tolist(), strict=True))
    return rows, answers, list(zip(found["value_answer"].tolist(), cut("value"), strict=True))


NUMBERS = st.integers(0, 2**31) | SCALARS | st.sampled_from([b"12", b" 12 ", b"+3", b"-4", b"1x", b"", b"99999999999999999999", 1e30])
SUBMISSIONS = st.fixed_dictionaries(
    {}, optional={b"answers": st.dictionaries(KEYS, st.dictionaries(KEYS | st.just(b"answer"), VALUES, max_size=4) | VALUES, max_size=20) | VALUES,
                  b"start_time": NUMBERS, b"saved_time": NUMBERS, b"other": VALUES, 7: VALUES},
)  # fmt: skip


@given(st.lists(st.none() | st.tuples(SUBMISSIONS | VALUES, st.integers(0, 2), st.randoms(use_true_random=False)), max_size=8), st.booleans())
def test_answers_are_those_of_the_twin(values, wide):
    data = []
    for value in values:
        if value is None:
            data.append(None)
            continue
        written = phpserialize.dumps(value[0])
        if value[1]:
            written = phpserialize.dumps(written)
        if value[1] == 2 and written:
            at = value[2].randrange(len(written))
            written = written[:at] + bytes([value[2].choice(written)]) + written[at + 1 :]
        data.append(written)
    array = pa.array([b"before", *data], pa.large_binary() if wide else pa.binary())[1:]
    assert columns(php_answers(array)) == twin(data)


def test_repeated_keys_are_as_php_has_them():
    few = b'a:1:{s:7:"answers";a:3:{s:1:"a";i:1;s:1:"b";i:2;s:1:"a";i:3;}}'
    many = b'a:1:{s:7:"answers";a:40:{' + b"".join(b"i:%d;i:%d;" % (i % 15, i) for i in range(40)) + b"}}"
    assert columns(php_answers(pa.array([few, many]))) == twin([few, many])


def test_no_values():
    assert columns(php_answers(pa.array([], pa.binary()))) == ([], [], [])
    assert columns(php_answers(pa.array([None, b""], pa.binary())))[0][1]["status"] == 2
    with pytest.raises(ValueError, match="too short"):
        _core.php_answers(np.array([0, 9], np.int64), b"abc", np.ones(1, np.uint8))


def test_random_bytes_in_bulk():
    dice = random.Random(7)
    alphabet = b'abdisN:;{}"0123456789.-+E'
    values = [bytes(dice.choice(alphabet) for _ in range(dice.randrange(60))) for _ in range(20_000)]
    assert columns(php_answers(pa.array(values))) == twin(values)
