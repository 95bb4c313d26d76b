"""Lines of answering problems. One check is told four or five times: browser, request, server, grade, graded page."""

from __future__ import annotations

from urllib.parse import quote_plus

from .courses import Input, Problem
from .envelopes import Json, compact
from .session import Session

Answer = str | list[str]

_SHARE_RIGHT = 0.65
_SHARE_PARTLY = 0.04


class Attempt:
    """What the learner has typed into a problem, and what it is worth."""

    __slots__ = ("answers", "marks", "problem")

    def __init__(self, s: Session, problem: Problem) -> None:
        self.problem = problem
        self.answers: list[tuple[Input, Answer]] = []
        self.marks: list[str] = []
        for box in problem.inputs:
            right = s.dice.chance(_SHARE_RIGHT)
            self.answers.append((box, box.right if right else s.dice.pick(box.wrong)))
            partly = not right and s.era == "modern" and s.dice.chance(_SHARE_PARTLY)
            self.marks.append("correct" if right else "partially-correct" if partly else "incorrect")

    @property
    def grade(self) -> float:
        """Points, half a one for what is partly right."""
        return self.marks.count("correct") + 0.5 * self.marks.count("partially-correct")

    def query(self) -> str:
        """As the browser posts it."""
        pairs = []
        for box, answer in self.answers:
            if isinstance(answer, list):
                pairs += [f"input_{box.key}%5B%5D={quote_plus(a)}" for a in answer]
            else:
                pairs.append(f"input_{box.key}={quote_plus(answer)}")
        return "&".join(pairs)

    def post(self) -> Json:
        """As the request middleware logs it."""
        return {f"input_{b.key}[]" if isinstance(a, list) else f"input_{b.key}": a if isinstance(a, list) else [a] for b, a in self.answers}

    def given(self) -> dict[str, Answer]:
        return {box.key: answer for box, answer in self.answers}

    def correct_map(self) -> Json:
        return {box.key: _mark(mark) for (box, _), mark in zip(self.answers, self.marks, strict=True)}

    def submission(self) -> Json:
        return {
            box.key: {
                "question": box.question,
                "answer": answer,
                "response_type": box.response,
                "input_type": box.widget,
                "correct": mark != "incorrect",
                "variant": "",
                "group_label": "",
            }
            for (box, answer), mark in zip(self.answers, self.marks, strict=True)
        }


def _mark(mark: str) -> Json:
    points = 0.5 if mark == "partially-correct" else None
    hint = "Synthetic hint: think of the units." if mark == "incorrect" else ""
    return {"correctness": mark, "npoints": points, "msg": "", "hint": hint, "hintmode": "always" if hint else None, "queuestate": None}


def _problem(s: Session) -> Problem:
    """The problem of the tab that the learner is at."""
    problems = s.vertical.problems
    return problems[s.person.place % len(problems)]


def _attempt(s: Session) -> Attempt:
    """The attempt in hand: all copies of one check tell the same."""
    attempt = s.attempt
    if attempt is None:
        attempt = s.attempt = Attempt(s, _problem(s))
    return attempt


def _typed(s: Session, kind: str) -> str:
    """A browser event whose payload is the form; until 2014 it was encoded once more."""
    s.attempt = Attempt(s, _problem(s))
    query = s.attempt.query()
    return s.browser(kind, compact(query) if s.era == "legacy" else query)


def _posted(s: Session, action: str) -> str:
    attempt = _attempt(s)
    return s.request(s.course.request(attempt.problem, action), post=attempt.post())


def _told(s: Session, kind: str, payload: Json, action: str) -> str:
    """A server event about the problem."""
    problem = _attempt(s).problem
    return s.server(kind, payload, s.course.request(problem, action), module=problem, page="x_module")


def _state(s: Session, attempt: Attempt, done: bool) -> Json:
    keys = [box.key for box, _ in attempt.answers]
    before = {box.key: box.wrong[0] for box, _ in attempt.answers} if done else {}
    return {
        "seed": 1,
        "student_answers": before,
        "correct_map": {key: _mark("incorrect") for key in keys} if done else {},
        "input_state": {key: {} for key in keys},
        "done": True if done else None,
    }


def problem_get(s: Session) -> str:
    return s.request(s.course.request(_problem(s), "problem_get"))


def browser_check(s: Session) -> str:
    return _typed(s, "problem_check")


def request_check(s: Session) -> str:
    return _posted(s, "problem_check")


def server_check(s: Session) -> str:
    attempt = _attempt(s)
    count = s.person.attempts[attempt.problem.key] = s.person.attempts.get(attempt.problem.key, 0) + 1
    payload: Json = {
        "state": _state(s, attempt, count > 1),
        "problem_id": attempt.problem.key,
        "answers": attempt.given(),
        "correct_map": attempt.correct_map(),
        "success": "correct" if all(m == "correct" for m in attempt.marks) else "incorrect",
        "attempts": count,
    }
    if s.era == "modern":
        payload |= {"grade": attempt.grade, "max_grade": len(attempt.marks), "submission": attempt.submission()}
    return _told(s, "problem_check", payload, "problem_check")


def grade_submitted(s: Session) -> str:
    attempt = _attempt(s)
    payload: Json = {
        "course_id": s.course.id,
        "event_transaction_id": s.dice.hex(32),
        "event_transaction_type": "edx.grades.problem.submitted",
        "problem_id": attempt.problem.key,
        "user_id": str(s.person.user_id),
        "weighted_earned": attempt.grade,
        "weighted_possible": len(attempt.marks),
    }
    return _told(s, "edx.grades.problem.submitted", payload, "problem_check")


def problem_graded(s: Session) -> str:
    attempt = _attempt(s)
    html = attempt.problem.graded_html
    for mark in attempt.marks:
        html = html.replace("{status}", mark, 1)
    return s.browser("problem_graded", [attempt.query(), html])


def browser_save(s: Session) -> str:
    return _typed(s, "problem_save")


def request_save(s: Session) -> str:
    return _posted(s, "problem_save")


def server_save(s: Session) -> str:
    attempt = _attempt(s)
    payload = {"state": _state(s, attempt, False), "problem_id": attempt.problem.key, "answers": attempt.given()}
    return _told(s, "save_problem_success", payload, "problem_save")


def server_save_fail(s: Session) -> str:
    attempt = _attempt(s)
    payload = {"state": _state(s, attempt, True), "problem_id": attempt.problem.key, "answers": attempt.given(), "failure": "done"}
    return _told(s, "save_problem_fail", payload, "problem_save")


def browser_reset(s: Session) -> str:
    return _typed(s, "problem_reset")


def request_reset(s: Session) -> str:
    s.attempt = None
    problem = _attempt(s).problem
    return s.request(s.course.request(problem, "problem_reset"), post={"id": [problem.key]})


def server_reset(s: Session) -> str:
    attempt = _attempt(s)
    payload = {"old_state": _state(s, attempt, True), "new_state": _state(s, attempt, False), "problem_id": attempt.problem.key}
    return _told(s, "reset_problem", payload, "problem_reset")


def problem_show(s: Session) -> str:
    s.attempt = Attempt(s, _problem(s))
    return s.browser("problem_show", {"problem": s.attempt.problem.key})


def request_show(s: Session) -> str:
    return s.request(s.course.request(_attempt(s).problem, "problem_show"))


def showanswer(s: Session) -> str:
    return _told(s, "showanswer", {"problem_id": _attempt(s).problem.key}, "problem_show")


def hint_request(s: Session) -> str:
    s.attempt = Attempt(s, _problem(s))
    return s.request(s.course.request(s.attempt.problem, "hint_button"), post={"hint_index": ["0"]})


def hint_displayed(s: Session) -> str:
    payload = {"hint_index": 0, "hint_len": 2, "hint_text": "Synthetic hint: think of the units.", "module_id": _attempt(s).problem.key}
    return _told(s, "edx.problem.hint.demandhint_displayed", payload, "hint_button")
