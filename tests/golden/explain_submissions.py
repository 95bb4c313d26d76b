"""Submissions: each row of the published output, the keys it was joined from, and the row of ours about the same part."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from . import predict
from .context import Context, absence, act, rescue
from .records import Submission, same_problem
from .source import Line

if TYPE_CHECKING:
    from .compare import Report

_NUMBERS = re.compile(r"((?:_\d{1,3}){2})(\[\])?$")
_CHOICE = re.compile(r"_choice_\w+$")
_MISSING = frozenset(
    ("", "NA", "N/A", "#N/A", "#NA", "NULL", "NaN", "nan", "n/a", "null", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN", "#N/A N/A")
)


def explain(context: Context, report: Report) -> None:
    """All submissions of a case, in both directions."""
    for line in context.lines:
        rows = context.old_submissions[line.number]
        mine = {_part(s.problem): s for s in context.submissions[line.number]}
        if not rows and not mine:
            continue
        if mine and _is_copy(line):
            servers = [n for n in context.near(line) if context.submissions.get(n.number) and act(n) == act(line) and not _is_copy(n)]
            twice = [n.number for n in servers for s in context.submissions[n.number] if _part(s.problem) in mine]
            if twice:  # T3: one check, one submission
                report.fail(line.number, f"the act of line {twice[0]} once more: {list(mine)}")
        _Line(context, report, line, mine).explain(rows)


def _is_copy(line: Line) -> bool:
    """A browser's or a request's report of what a server event records."""
    return line.browser or line.is_path


def _part(uri: str) -> str:
    """One spelling for a part: the published pipeline leaves numbers in the name when `[]` follows them."""
    head, _, name = uri.rstrip("/").rpartition("/")
    m = _NUMBERS.search(name)
    if m:
        uri = f"{head}/{name[: m.start()]}{m[1].replace('_', '/')}"
    return same_problem(uri)


def _key_part(key: str) -> str:
    """The part that an input's id stands for: without prefix, brackets, choice and preview suffix."""
    key = re.sub(r"%5B%5D$|\[\]$", "", key.removeprefix("input_"))
    return _CHOICE.sub("", key)


class _Line:
    def __init__(self, context: Context, report: Report, line: Line, mine: dict[str, Submission]) -> None:
        self.context, self.report, self.line = context, report, line
        self.mine = mine
        self.left = dict(mine)

    def explain(self, rows: list[Submission]) -> None:
        """Rows of theirs first; what is left of ours then needs a rule of its own."""
        foretold = predict.submissions(self.line)
        if len(rows) not in (0, len(foretold)):
            self.report.fail(self.line.number, f"{len(rows)} rows, foretold {len(foretold)}")
        for old, row in zip(rows, foretold, strict=False):
            if old.answer != _printed(row):
                if not (row.text or "").isascii() and old.answer.isascii():
                    pass  # transliterated: its spelling cannot be foretold
                else:
                    self.report.fail(self.line.number, f"read {old.answer!r}, foretold {_printed(row)!r}")
            part = _part(old.problem)
            if part in self.left and not row.copy and not _is_preview(row):
                self._compare(old, row, self.left.pop(part))
            else:
                self._absent(old, row, part)
        for part, s in self.left.items():
            self._extra(part, s, bool(rows))

    def _absent(self, old: Submission, row: predict.Row, part: str) -> None:
        name = self._why_absent(old, row, part)
        if name:
            self.report.rule(name)
        else:
            self.report.fail(self.line.number, f"no row of ours for {old} ({row})")

    def _why_absent(self, old: Submission, row: predict.Row, part: str) -> str | None:
        line, context = self.line, self.context
        if row.copy:
            return "extra_copy"
        if row.mark is None and row.answer is None and row.state:
            return "state_only"
        if _is_preview(row):
            return "dynamath"
        if self.mine:
            return self._why_elsewhere(old, row, part)
        always = absence(context, line)
        if always:
            return always
        if row.answer is not None and "i4x-" not in row.answer and context.events[line.number]:
            return "unparsed_module"
        if not old.problem and context.events[line.number]:
            return "no_problem"
        if context.echoes(line, part):
            return "echo"
        return None

    def _why_elsewhere(self, old: Submission, row: predict.Row, part: str) -> str | None:
        """Why the part is none of those that we have of the line."""
        if row.answer is not None and "i4x-" not in row.answer:
            return "unparsed_module"
        if part in self.mine and row.mark is None and self.line.payload.get("correct_map"):
            return "pairing"
        if not old.problem:
            return "no_problem"
        whole = all(p.split("/")[:4] == part.split("/") for p in self.mine)
        return "whole_problem" if row.answer is None and row.mark is None and whole else None

    def _compare(self, old: Submission, row: predict.Row, s: Submission) -> None:
        line, report = self.line, self.report
        if s.time != line.utc or old.code != s.code:
            report.fail(line.number, f"time or code: {old} / {s}")
        self._user(s)
        if old.problem.rstrip("/") != s.problem.rstrip("/"):
            report.rule("brackets" if "[]" in old.problem else "dashed_id")
        self._report("answer", self._answer(old, row, s), old.answer, s.answer)
        self._report("attempt", self._attempt(old, s), old.attempt, s.attempt)
        self._report("grade", self._grade(old, row, s), old.grade, s.grade)

    def _report(self, what: str, rule: str | None, old: Any, new: Any) -> None:
        if rule:
            self.report.rule(rule)
        elif old != new:
            self.report.fail(self.line.number, f"{what}: {old!r} / {new!r}")

    def _user(self, s: Submission) -> None:
        name = self.line.user
        if not isinstance(name, str) or s.user != self.context.pseudonym(name):
            self.report.fail(self.line.number, f"user of {s}")

    # which rule turns their value into ours

    def _answer(self, old: Submission, row: predict.Row, s: Submission) -> str | None:
        line = self.line
        if row.answer is None:
            if s.answer is None:
                return "no_answer"
            return "reset_answer" if act(line) == "reset" and self._given_here(s) else None
        if row.answer in line.marks and not line.payload:
            return "graded_mark"
        if row.mark is not None and _key_part(row.mark) != _key_part(row.answer):
            return "pairing" if s.answer == self._given(row.mark) else None
        if s.answer == row.text:
            return self._spoiled(old, row.text or "")
        values = line.choices(row.answer)
        if s.answer is not None and s.answer.startswith("["):
            said = json.loads(s.answer)
            if values and said == values:
                return "choices" if len(values) > 1 else "answer_list"
            raw = line.payload.get("answers", {}).get(row.answer) or line.post.get(row.answer)
            return "answer_list" if said == raw else None
        return "percent" if values == [s.answer] else None

    def _given_here(self, s: Submission) -> bool:
        """Whether the line itself says the answer of the part."""
        return s.answer in _said(self.line, s.problem)

    def _said_by_echo(self, s: Submission) -> bool:
        """Whether another line of the user, that we made no submission of, says it within the minute."""
        others = (n for n in self.context.near(self.line) if act(n) == act(self.line) and not self.context.submissions.get(n.number))
        return any(s.answer in _said(n, s.problem) for n in others)

    def _given(self, key: str) -> str | None:
        value = (self.line.payload.get("answers") or {}).get(key)
        if isinstance(value, list):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return value

    @staticmethod
    def _spoiled(old: Submission, text: str) -> str | None:
        if old.answer == text:
            return None
        if old.answer == "nan":
            return "nan"
        if not text.isascii():
            return "ascii"
        if "'" in text:
            return "apostrophe"
        return "backslash" if "\\" in text or "\n" in text or "\r" in text else None

    def _attempt(self, old: Submission, s: Submission) -> str | None:
        if old.attempt is None and s.attempt is None:
            return "unknown_attempt"
        return None

    def _grade(self, old: Submission, row: predict.Row, s: Submission) -> str | None:
        if old.assessed == s.assessed and old.grade == s.grade:
            return None
        if row.mark is not None and not old.assessed and s.assessed:
            said = self.line.payload["correct_map"][row.mark].get("correctness")
            return "partial" if said not in ("correct", "incorrect", None, "") else None
        if row.answer in self.line.marks and s.grade == (1.0 if self.line.marks[row.answer] == "correct" else 0.0):
            return "graded_mark_grade"
        return None

    # rows of ours that they do not have

    def _extra(self, part: str, s: Submission, old_rows: bool) -> None:
        self._user(s)
        name = self._why_extra(part, s, old_rows)
        if name:
            self.report.rule(name)
        else:
            self.report.fail(self.line.number, f"only ours: {s}")

    def _why_extra(self, part: str, s: Submission, old_rows: bool) -> str | None:
        line = self.line
        why = rescue(line)
        if why:
            return why
        kind = predict.old_type(line)
        if kind == "i4x_problem_problem_reset":
            return "reset_request"
        if old_rows:
            return self._why_more(kind, s)
        if kind == "problem_graded" and not line.marks:
            return "kept_silent"
        if not predict.submissions(line):
            return "kept_silent"
        return None

    def _why_more(self, kind: str, s: Submission) -> str | None:
        """Why we have a further part of a line that they have rows of."""
        if kind == "problem_reset" and self._given_here(s):
            return "reset_answers"
        if kind.startswith("i4x_problem_") and self._given_here(s):
            return "part_answers"
        if self.line.browser and self.line.plain_query is None and self._given_here(s):
            return "part_answers"
        if s.answer is None and not _said(self.line, s.problem):
            return "own_problem"
        if any("i4x-" not in k for k, _ in self.line.query) and self._given_here(s):
            return "own_problem"
        if self.line.payload.get("correct_map") and self._given_here(s):
            return "pairing"
        return "echo_parts" if self._said_by_echo(s) else None


def _said(line: Line, problem: str) -> list[str | None]:
    """The answers that a line gives for a part."""
    numbers = "_".join(_part(problem).split("/")[4:])
    name = problem.strip("/").split("/")[5] if problem.count("/") > 5 else ""

    def about(key: str) -> bool:
        return name in key and _key_part(key).endswith(numbers) and not key.endswith("_dynamath")

    given = [*(line.payload.get("answers") or {}).items(), *line.post.items()]
    found = [_as_text(v, k) for k, v in given if about(k)]
    for key in dict.fromkeys(k for k, _ in line.query if about(k)):
        found.append(_as_text([v for k, v in line.query if k == key], key))
    return found


def _as_text(value: Any, key: str) -> str | None:
    if isinstance(value, list) and len(value) == 1 and not key.endswith("[]"):
        value = value[0]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, list) else value


def _is_preview(row: predict.Row) -> bool:
    """D9: the MathML of a formula, in a row of its own."""
    return row.mark is None and (row.answer or "").endswith("_dynamath")


def _printed(row: predict.Row) -> str:
    """What their submission_answer prints for a joined answer."""
    if row.answer is None or row.text is None:
        return ""
    if row.text in _MISSING:
        return "nan"
    text = predict.reread(row.text)
    return "nan" if text in _MISSING else text
