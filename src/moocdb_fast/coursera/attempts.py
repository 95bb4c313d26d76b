"""The key-value table of quizzes in one pass: the XML of each quiz, and the answers of each attempt as columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import NONE, Reader, numbers, real_times, texts
from .php import php_answers
from .reasons import Drop, Skip

Array = np.ndarray[Any, Any]
TABLE = "kvs.quiz"
_XML, _SUBMISSION = "xml.quiz_id:", "submission.submission_id:"
_SAVED = r"^saved\.quiz_id:(?P<quiz>[0-9]{1,18})\.user_id:(?P<user>.+)$"
OK, EMPTY, DAMAGED, NO_ARRAY = range(4)
NOTHING, LIST, VALUE = range(3)
"""What an answer is: nothing, a list of values, one value."""


@dataclass
class Attempts:
    """Attempts, their answers, and the values of those, each with the row of what it belongs to. `name` is the number of the submission,
    NONE for what is only saved, which names quiz and user itself."""

    name: Array
    quiz: Array
    user: pa.Array
    status: Array
    start: Array
    saved: Array
    answer_row: Array
    question: pa.Array
    shape: Array
    value_answer: Array
    value: pa.Array

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.name)


@dataclass
class QuizStore:
    """What the table holds."""

    xml: dict[int, bytes | None]
    attempts: Attempts


def read_quiz_store(reader: Reader) -> QuizStore:
    """Read it; keys of other kinds are counted."""
    xml: dict[int, bytes | None] = {}
    parts = _Parts()
    for batch in reader.batches(TABLE):
        keys, values = texts(batch["key"]), batch["value"]
        kinds = np.zeros(len(keys), np.int8)
        for kind, found in enumerate((pc.starts_with(keys, _XML), pc.starts_with(keys, _SUBMISSION), pc.match_substring_regex(keys, _SAVED)), 1):
            kinds[found.fill_null(False).to_numpy(zero_copy_only=False)] = kind
        backup = pc.match_substring(keys, "backup").fill_null(False).to_numpy(zero_copy_only=False)
        reader.ledger.skip(TABLE, Skip.BACKUP, int(np.sum((kinds == 0) & backup)))
        reader.ledger.skip(TABLE, Skip.OTHER_KEY, int(np.sum((kinds == 0) & ~backup)))
        _take_xml(reader, xml, *(column.filter(pa.array(kinds == 1)) for column in (keys, values)))
        attempt = np.flatnonzero(kinds >= 2)
        parts.add(keys.take(pa.array(attempt)), kinds[attempt] == 3, values.take(pa.array(attempt)))
    attempts = parts.whole()
    bad = (attempts.name == NONE) & (attempts.quiz == NONE)
    reader.ledger.drop(TABLE, Drop.BAD_KEY, np.full(int(np.sum(bad)), -1))
    return QuizStore(xml, attempts)


def _take_xml(reader: Reader, xml: dict[int, bytes | None], keys: pa.Array, values: pa.Array) -> None:
    named = numbers(pc.utf8_slice_codeunits(keys, len(_XML))).tolist()
    reader.ledger.drop(TABLE, Drop.BAD_KEY, [-1] * named.count(NONE))
    for number, value in zip(named, values.to_pylist(), strict=True):
        if number != NONE:
            xml[number] = value.encode() if isinstance(value, str) else value


@dataclass
class _Parts:
    """Batches of attempts, decoded and put together in the end."""

    columns: dict[str, list[Any]] = field(default_factory=dict)
    rows: int = 0
    answers: int = 0

    def add(self, keys: pa.Array, saved: Array, values: pa.Array) -> None:
        if pa.types.is_null(values.type) or pa.types.is_string(values.type):
            values = values.cast(pa.binary())
        found = php_answers(values)
        named = pc.extract_regex(keys, _SAVED)
        quiz, user = (pc.struct_field(named, name) for name in ("quiz", "user"))
        name = numbers(pc.utf8_slice_codeunits(keys, len(_SUBMISSION)))
        self._put("name", np.where(saved, NONE, name))
        self._put("quiz", np.where(saved, numbers(quiz), NONE))
        self._put("user", user)
        for column in ("status", "start", "saved", "shape"):
            self._put(column, found[column])
        self._put("answer_row", found["answer_row"].astype(np.int64) + self.rows)
        self._put("value_answer", found["value_answer"].astype(np.int64) + self.answers)
        for column in ("question", "value"):
            self._put(column, _text(found[f"{column}_offsets"], found[f"{column}_data"]))
        self.rows += len(keys)
        self.answers += len(found["answer_row"])

    def _put(self, name: str, column: Any) -> None:
        self.columns.setdefault(name, []).append(column)

    def whole(self) -> Attempts:
        if not self.columns:
            self.add(pa.array([], pa.string()), np.zeros(0, bool), pa.array([], pa.binary()))
        text = ("user", "question", "value")
        joined = {name: pa.concat_arrays(pieces) if name in text else np.concatenate(pieces) for name, pieces in self.columns.items()}
        joined["start"], joined["saved"] = real_times(joined["start"]), real_times(joined["saved"])
        return Attempts(**joined)


def _text(offsets: Array, data: Array) -> pa.Array:
    """Texts over offsets and bytes; bytes that are no UTF-8 become U+FFFD."""
    binary = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    try:
        return binary.cast(pa.large_string())
    except pa.ArrowInvalid:
        return pa.array([value.decode("utf-8", "replace") for value in binary.to_pylist()], pa.large_string())
