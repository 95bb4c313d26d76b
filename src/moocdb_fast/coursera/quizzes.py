"""Quizzes: problems from their XML, submissions and assessments from the answers, and the events of taking them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .attempts import DAMAGED, LIST, NOTHING, TABLE, VALUE, Attempts, QuizStore
from .columns import NONE, Lookup, Reader, joined, optional, pairs, ranks, stamps
from .kinds import MULTIPLE, QUIZ_PROBLEM, SINGLE
from .people import UNKNOWN, UNSAMPLED, People, attend
from .php import php_loads
from .problems import Problems, terms_of
from .quiz_xml import Question, QuizError, read_quiz
from .reasons import Drop, Note, Skip
from .resources import Items, Resources, add_items
from .writing import Events, Writer

Array = np.ndarray[Any, Any]
META = "quiz_submission_metadata"
_PAUSE = 120  # seconds after a submission in which a start is no visit of its own


@dataclass
class Quizzes:
    """The quizzes: their questions by (quiz, question), and the problems these are."""

    live: dict[int, int]
    problems: Problems
    resources: Resources
    ids: dict[int, int] = field(default_factory=dict)  # live quiz → problem_id
    questions: dict[tuple[int, str], tuple[int, Question | None]] = field(default_factory=dict)

    def question(self, quiz: int, name: str) -> tuple[int, Question | None]:
        """The problem of a question, made if the XML does not have it, and what the XML says."""
        found = self.questions.get((quiz, name))
        return found if found is not None else self.add(quiz, name, None)

    def add(self, quiz: int, name: str, question: Question | None) -> tuple[int, Question | None]:
        """A question as a problem below its quiz."""
        parent = self.ids[quiz]
        terms = self.problems.rows[parent - 1][6]
        format, resource, type = (question.format if question else None), self.problems.rows[parent - 1][7], self.problems.rows[parent - 1][3]
        made = self.problems.add(f"quiz_{quiz}.{name}", f"quiz:{quiz}:{name}", format, terms, resource, type=type, parent=parent)
        self.questions[quiz, name] = made, question
        return self.questions[quiz, name]


def read_quizzes(reader: Reader, store: QuizStore, resources: Resources, items: Items, problems: Problems) -> Quizzes:
    """Quizzes as resources and problems. Drafts give their questions to the live quiz."""
    frame = reader.frame("quiz_metadata")
    live = add_items(reader, resources, items, frame, "quiz")
    quizzes = Quizzes(live, problems, resources)
    kinds = frame.texts("quiz_type").to_pylist()
    for number, kind, terms in zip(frame.numbers("id").tolist(), kinds, terms_of(frame), strict=True):
        if live.get(number) == number:
            key = f"quiz_{number}"
            quizzes.ids[number] = problems.add(
                key, f"quiz:{number}", "quiz", terms, resources.ids["quiz"][number], type=QUIZ_PROBLEM.get(kind or "", 0)
            )
    without = 0
    for number in sorted(live, key=lambda n: (live[n], n != live[n], n)):
        if number not in store.xml:
            without += 1
            continue
        for question in _questions(reader, number, store.xml[number]):
            known = quizzes.questions.get((live[number], question.id))
            if known is None:
                quizzes.add(live[number], question.id, question)
            elif known[1] is not None:  # a draft, or a question that stands there twice
                for option, scores in question.options.items():
                    known[1].options.setdefault(option, scores)
    reader.ledger.note("quiz_metadata", Note.NO_XML, without)
    reader.ledger.drop(TABLE, Drop.NO_ITEM, sorted(number for number in store.xml if number not in live))
    return quizzes


def _questions(reader: Reader, quiz: int, value: bytes | None) -> list[Question]:
    """The questions in a value; none, and a note of it, if it cannot be read."""
    if value is None:
        reader.ledger.drop(TABLE, Drop.BAD_VALUE, [quiz])
        return []
    try:
        content = php_loads(value)
    except ValueError:  # lengths that are wrong: what stands between the quotes
        start, end = value.find(b'"'), value.rfind(b'"')
        content = value[start + 1 : end] if 0 <= start < end else None
    if not isinstance(content, bytes):
        reader.ledger.drop(TABLE, Drop.BAD_VALUE, [quiz])
        return []
    try:
        questions = read_quiz(content.decode("utf-8", "replace"))
    except QuizError:
        reader.ledger.drop(TABLE, Drop.BAD_XML, [quiz])
        return []
    reader.ledger.note(TABLE, Note.NO_QUESTION_ID, sum(not question.named for question in questions))
    return questions


@dataclass
class _Taken:
    """Attempts that are translated: who took which quiz when, and which of the stored attempts holds the answers (-1: none)."""

    key: pa.Array
    quiz: Array
    user: Array
    start: Array
    time: Array
    at: Array
    submitted: Array


def translate_attempts(reader: Reader, people: People, store: QuizStore, quizzes: Quizzes, writer: Writer, events: Events) -> None:
    """Submissions, assessments and events."""
    taken = _taken(reader, people, store.attempts, quizzes)
    rows = _Rows(reader, store.attempts, quizzes, taken)
    rows.write(writer)
    _write_events(events, rows, taken, quizzes)


def _taken(reader: Reader, people: People, attempts: Attempts, quizzes: Quizzes) -> _Taken:
    """Attempts in the order of their numbers, then what is only saved."""
    frame = reader.frame(META)
    ids, items = frame.numbers("id"), frame.numbers("item_id")
    users = people.of("session", frame.raw("session"))
    lives = Lookup(list(quizzes.live), list(quizzes.live.values()))
    quiz = lives.of(items, NONE)
    rows = attend(reader, frame, users, ids, (Drop.NO_ITEM, quiz != NONE))
    quiz = quiz[rows]
    stored = np.flatnonzero(attempts.name != NONE)
    at = Lookup(attempts.name[stored], stored).of(ids[rows], -1)
    saved = np.where(at >= 0, np.append(attempts.saved, NONE)[at], NONE)
    fallback = frame.times("submission_time")[rows]
    time = np.where(saved != NONE, saved, fallback)
    readable = (at >= 0) & (np.append(attempts.status, DAMAGED)[at] == 0)
    reader.ledger.note(META, Note.OTHER_TIME, int(np.sum(readable & (saved == NONE) & (time != NONE))))
    reader.ledger.drop(META, Drop.NO_TIME, ids[rows][time == NONE])
    good = time != NONE
    rows, quiz, at, time = rows[good], quiz[good], at[good], time[good]
    _count_stored(reader, attempts, ids, users, ids[rows])
    start = np.append(attempts.start, NONE)[at]
    done = _Taken(joined("quiz_submission", ids[rows]), quiz, users[rows], start, time, at, np.ones(len(rows), bool))
    return _with_saved(reader, people, attempts, lives, done)


def _count_stored(reader: Reader, attempts: Attempts, ids: Array, users: Array, translated: Array) -> None:
    """The fates of stored answers: those that cannot be read, and those whose attempt is not translated."""
    ledger, named = reader.ledger, attempts.name != NONE
    bad = named & (attempts.status != 0)
    ledger.drop(TABLE, Drop.BAD_VALUE, attempts.name[bad])
    good = attempts.name[named & ~bad]
    known = np.isin(good, ids)
    ledger.drop(TABLE, Drop.NO_SUBMISSION, good[~known])
    left = good[known & ~np.isin(good, translated)]
    owner = Lookup(ids, users).of(left)
    ledger.drop(TABLE, Drop.NO_USER, left[owner == UNKNOWN])
    ledger.skip(TABLE, Skip.SAMPLE, int(np.sum(owner == UNSAMPLED)))
    ledger.drop(TABLE, Drop.NO_ITEM, left[owner > 0])


def _with_saved(reader: Reader, people: People, attempts: Attempts, lives: Lookup, done: _Taken) -> _Taken:
    """The attempts, and behind them what users have saved and not submitted, by quiz and user."""
    rows = np.flatnonzero((attempts.name == NONE) & (attempts.quiz != NONE))
    users = people.of("session", attempts.user.take(pa.array(rows)))
    quiz = lives.of(attempts.quiz[rows], NONE)
    fates = (
        (Drop.BAD_VALUE, attempts.status[rows] != 0),
        (Drop.NO_USER, users == UNKNOWN),
        (Drop.NO_ITEM, quiz == NONE),
        (Drop.NO_TIME, attempts.saved[rows] == NONE),
    )
    left = users != UNSAMPLED
    reader.ledger.skip(TABLE, Skip.SAMPLE, int(np.sum(~left)))
    for reason, broken in fates:
        reader.ledger.drop(TABLE, reason, np.full(int(np.sum(left & broken)), -1))
        left &= ~broken
    rows, users, quiz = rows[left], users[left], quiz[left]
    order = np.lexsort((attempts.quiz[rows], attempts.saved[rows], users, quiz))
    rows, users, quiz = rows[order], users[order], quiz[order]
    time = attempts.saved[rows]
    key = joined("quiz_saved", attempts.quiz[rows], ranks(attempts.quiz[rows], np.arange(len(rows))))
    return _Taken(
        pa.concat_arrays([done.key, key]),
        np.concatenate([done.quiz, quiz]),
        np.concatenate([done.user, users]),
        np.concatenate([done.start, np.full(len(rows), NONE)]),
        np.concatenate([done.time, time]),
        np.concatenate([done.at, rows]),
        np.concatenate([done.submitted, np.zeros(len(rows), bool)]),
    )


class _Rows:
    """One submission per answered question of an attempt, or one to the quiz itself where there are no answers."""

    def __init__(self, reader: Reader, attempts: Attempts, quizzes: Quizzes, taken: _Taken) -> None:
        self._reader, self._attempts, self._quizzes, self._taken = reader, attempts, quizzes, taken
        place = np.full(attempts.rows + 1, -1)
        place[taken.at] = np.arange(len(taken.at))
        place[-1] = -1
        of = place[attempts.answer_row]
        answers = np.flatnonzero(of >= 0)
        of = of[answers]
        filled = np.zeros(len(taken.at), bool)
        filled[of] = True
        empty = np.flatnonzero(~filled & taken.submitted)
        reader.ledger.note(META, Note.NO_ANSWERS, len(empty))
        order = np.lexsort((np.concatenate([answers, np.full(len(empty), -1)]), np.concatenate([of, empty])))
        self.attempt = np.concatenate([of, empty])[order]  # row in taken
        self.answer = np.concatenate([answers, np.full(len(empty), -1)])[order]  # row in answers
        self.number = ranks(self.attempt, np.arange(len(order)))
        self.problem, self.question = self._problems()

    def _problems(self) -> tuple[Array, list[Question | None]]:
        """The problem of each row, and the questions by problem_id."""
        quizzes, quiz = self._quizzes, self._taken.quiz[self.attempt]
        problem = Lookup(list(quizzes.ids), list(quizzes.ids.values())).of(quiz)
        rows = np.flatnonzero(self.answer >= 0)
        names = self._attempts.question.take(pa.array(self.answer[rows])).dictionary_encode()
        texts, codes = names.dictionary.to_pylist(), names.indices.to_numpy().astype(np.int64)
        of, name, _, at = pairs(quiz[rows], codes)
        found, counts, unknown = np.zeros(len(of), np.int64), np.bincount(at, minlength=len(of)), 0
        for place in sorted(range(len(of)), key=lambda i: (of[i], texts[name[i]])):
            found[place], question = quizzes.question(int(of[place]), texts[name[place]])
            unknown += int(counts[place]) if question is None else 0
        self._reader.ledger.note(TABLE, Note.UNKNOWN_QUESTION, unknown)
        problem[rows] = found[at]
        questions: list[Question | None] = [None] * (len(quizzes.problems.rows) + 1)
        for made, question in quizzes.questions.values():
            questions[made] = question
        return problem, questions

    def write(self, writer: Writer) -> None:
        """submissions and assessments."""
        first = writer.rows["submissions"]
        taken, rows = self._taken, len(self.attempt)
        submitted, time, user = (column[self.attempt] for column in (taken.submitted, taken.time, taken.user))
        number = np.full(rows, NONE)
        number[submitted] = ranks(user[submitted], self.problem[submitted], time[submitted])
        self.keys = pc.binary_join_element_wise(taken.key.take(pa.array(self.attempt)), pa.array(self.number).cast(pa.string()), ":")
        self.submitted, self.time, self.user = submitted, time, user
        answers, chosen = self._answers()
        columns = {
            "submission_id": pa.array(np.arange(first + 1, first + rows + 1)),
            "user_id": pa.array(user),
            "problem_id": pa.array(self.problem),
            "submission_timestamp": stamps(time),
            "submission_attempt_number": optional(number),
            "submission_answer": answers,
            "submission_is_submitted": pa.array(submitted.astype(np.int8)),
            "submission_key": self.keys,
        }
        writer.put("submissions", columns, rows)
        self._assess(writer, first, chosen)

    def _answers(self) -> tuple[pa.Array, pa.Array]:
        """The answer of each row as text, and which of the values are those of questions with choices (their row here, else -1)."""
        attempts = self._attempts
        graded = np.array([question is not None and question.graded for question in self.question])
        row_of = np.full(len(attempts.shape) + 1, -1)
        row_of[self.answer] = np.arange(len(self.answer))
        row_of[-1] = -1
        rows = row_of[attempts.value_answer]
        shape = np.append(attempts.shape, NOTHING)[self.answer]
        listed = (shape == LIST) | ((shape == VALUE) & graded[self.problem])
        in_list = np.append(listed, False)[rows]  # row -1 is none
        quoted = _quoted(attempts.value.filter(pa.array(in_list)))
        counts = np.bincount(rows[in_list], minlength=len(listed))
        if np.any(np.diff(rows[in_list]) < 0):  # attempts are not stored in the order of the rows here
            quoted = quoted.take(pa.array(np.argsort(rows[in_list], kind="stable")))
        lists = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), quoted)
        text = pc.binary_join_element_wise("[", pc.binary_join(lists, ", "), "]", "").cast(pa.large_string())
        single = np.full(len(listed), -1)
        plain = (rows >= 0) & ~in_list
        single[rows[plain]] = np.flatnonzero(plain)
        alone = attempts.value.take(pa.array(single, mask=single < 0))
        answers = pc.if_else(pa.array(listed), text, alone)
        return answers, np.where(np.append(graded[self.problem], False)[rows], rows, -1)

    def _assess(self, writer: Writer, first: int, value_row: Array) -> None:
        """Marks of choices that were submitted."""
        grades = _Grades(self.question, self.problem, self._attempts, value_row)
        graded = (
            np.array([question is not None and question.graded for question in self.question])[self.problem] & (self.answer >= 0) & self.submitted
        )
        self._reader.ledger.note(TABLE, Note.UNKNOWN_OPTION, int(np.sum(graded & grades.unknown)))
        self._reader.ledger.note(TABLE, Note.UNKNOWN_SCORE, int(np.sum(graded & ~grades.unknown & np.isnan(grades.points) & ~grades.several)))
        rows = np.flatnonzero(graded & ~np.isnan(grades.points))
        points, most = grades.points[rows], grades.most[rows]
        known = most > 0
        share = np.where(known, points / np.where(known, most, 1), np.where(points == 0, 0.0, np.nan))
        clipped = np.clip(share, 0, 1)
        penalty = np.where(share < 0, share, np.nan)
        before = writer.rows["assessments"]
        columns = {
            "assessment_id": pa.array(np.arange(before + 1, before + len(rows) + 1)),
            "submission_id": pa.array(rows + first + 1),
            "assessment_grade": pa.array(clipped, mask=np.isnan(clipped)),
            "assessment_max_grade": pa.array(most, mask=np.isnan(most)),
            "assessment_grade_with_penalty": pa.array(penalty, mask=np.isnan(penalty)),
            "assessment_grader_id": pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array(["automatic"])),
            "assessment_timestamp": stamps(self.time[rows]),
        }
        writer.put("assessments", columns, len(rows))


class _Grades:
    """Points of the rows of submissions. NaN: not known; `unknown`: an option was chosen that the question lacks; `several`: more than one
    where one is allowed."""

    def __init__(self, questions: list[Question | None], problem: Array, attempts: Attempts, value_row: Array) -> None:
        base, most, single = (np.full(len(questions), np.nan) for _ in range(3))
        for number, question in enumerate(questions):
            if question is None or not question.graded:
                continue
            single[number] = question.format == SINGLE
            most[number] = np.nan if question.most is None else question.most
            left = [0.0 if score is None else score for _, score in question.options.values()]
            base[number] = sum(left) if question.format == MULTIPLE else 0.0
        values = np.flatnonzero(value_row >= 0)
        rows = value_row[values]
        worth = _worth(questions, problem[rows], attempts.value.take(pa.array(values)))
        fresh = np.sort(pairs(rows, worth.code)[2])
        count = np.bincount(rows[fresh], minlength=len(problem))
        points = base[problem] + np.bincount(rows[fresh], worth.points[fresh], minlength=len(problem))
        self.unknown = np.bincount(rows, worth.unknown, minlength=len(problem)) > 0
        self.several = (single[problem] == 1) & (count > 1)
        self.most = most[problem]
        whole = (single[problem] == 1) | ~np.isnan(self.most)  # check boxes need the worth of every option
        self.points = np.where(self.unknown | self.several | ~whole, np.nan, points)


@dataclass
class _Worth:
    code: Array
    points: Array
    unknown: Array


def _worth(questions: list[Question | None], problem: Array, values: pa.Array) -> _Worth:
    """What each chosen value adds to the points of its question."""
    coded = values.dictionary_encode()
    texts, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
    numbers, options, _, at = pairs(problem, codes)
    points, unknown = np.zeros(len(numbers)), np.zeros(len(numbers))
    for place, (number, code) in enumerate(zip(numbers.tolist(), options.tolist(), strict=True)):
        question = questions[number]
        assert question is not None
        scores = question.options.get(texts[code].strip())
        if scores is None:
            unknown[place] = 1
            continue
        chosen, left = scores
        if chosen is None or (question.format == MULTIPLE and left is None):
            points[place] = np.nan
        else:
            points[place] = chosen - (left or 0.0) if question.format == MULTIPLE else chosen
    return _Worth(codes, points[at], unknown[at])


def _quoted(values: pa.Array) -> pa.Array:
    """Texts as JSON strings; each distinct one is made once."""
    coded = values.dictionary_encode()
    made = pa.array([json.dumps(text, ensure_ascii=False) for text in coded.dictionary.to_pylist()], pa.string())
    return made.take(coded.indices)


def _write_events(events: Events, rows: _Rows, taken: _Taken, quizzes: Quizzes) -> None:
    """problem_submission for each answer, test_visit and test_submission for each attempt."""
    resource = quizzes.problems.resources()
    answered = np.flatnonzero((rows.answer >= 0) & rows.submitted)
    keys = rows.keys.take(pa.array(answered))
    events.add(TABLE, "problem_submission", rows.user[answered], rows.time[answered], resource[rows.problem[answered]], keys)
    done = np.flatnonzero(taken.submitted)
    user, start, time, quiz = (column[done] for column in (taken.user, taken.start, taken.time, taken.quiz))
    place = Lookup(list(quizzes.ids), list(quizzes.ids.values())).of(quiz)
    place = resource[place]
    keys = taken.key.take(pa.array(done))
    visits = np.flatnonzero((start != NONE) & ~_soon_after(user, start, time))
    order = np.argsort(done[visits], kind="stable")
    visits = visits[order]
    events.add(META, "test_visit", user[visits], start[visits], place[visits], keys.take(pa.array(visits)))
    events.add(META, "test_submission", user, time, place, keys)


def _soon_after(user: Array, start: Array, time: Array) -> Array:
    """Whether the same user had submitted something less than two minutes before a start."""
    if not len(user):
        return np.zeros(0, bool)
    span = np.int64(1) << 38  # more than any time
    submitted = np.sort(user * span + time)
    moment = user * span + np.where(start == NONE, 0, start)
    before = np.searchsorted(submitted, moment, side="right") - 1
    gap = moment - submitted[np.maximum(before, 0)]
    return (before >= 0) & (gap < _PAUSE)
