"""Compares our nine tables of a case with the published ones: event by event, cell by cell.

`python -m relations.compare` in the folder above writes expected_counts.json anew, after a change that is meant.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import tempfile
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_plus

from golden import context
from golden.predict import user_hash
from golden.run import KEY, write_key
from golden.source import Line
from twin.addresses import clean

from moocdb_fast import Options
from moocdb_fast.relations import write_relations

from .files import EVENT, NAMES, Event, align, lines_of, log_of, ours
from .rules import RULES

EXPECTED = Path(__file__).with_name("expected_counts.json")
_IDS = {"_id", "event_id", "correctMap_fk", "answer_fk", "state_fk", "load_info_fk", "problem_id"}
_SILENT = re.compile(r"oe_show_full_feedback|oe_show_respond_to_feedback|oe_feedback_response_selected|problem_.*|save_problem_.*|reset_problem.*")
_BLANKS = "".join(map(chr, range(0x21)))
_DEFAULTS = ("", "-1", "00000000000000")


@dataclass
class Report:
    """How often each rule was needed, and what no rule explains."""

    counts: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def rule(self, name: str | None, line: Line, what: str) -> None:
        """Count a difference, or note that nothing explains it."""
        if name is None:
            self.unexplained.append(f"line {line.number}: {what}")
        else:
            assert name in RULES, name
            self.counts[name] += 1


def written(case: str, folder: Path) -> Path:
    """Our tables of a case, with their restricted folder beside them."""
    options = Options(workers=1, key_file=write_key(folder / "key"), restricted=folder / "restricted")
    write_relations([log_of(case)], folder / "tables", options)
    return folder


def compare(case: str, folder: Path) -> Report:
    """Compare what is in `folder` with the published tables."""
    report, theirs, lines = Report(), align(case), lines_of(case)
    mine = {event.first["event_id"]: event for event in ours(folder / "tables", folder / "restricted").events()}
    courses = context._courses(lines)
    seen: set[tuple[object, ...]] = set()
    for line in lines:
        key = (line.user, line.utc, line.raw)
        repeated, _ = key in seen, seen.add(key)
        old, new = theirs.get(line.number), mine.pop(f"1:{line.offset}", None)
        if old and new:
            _Pair(report, line, old, new, courses[line.number]).compare()
        elif old:
            report.rule(_why_absent(line, repeated), line, "only theirs")
        elif new:
            report.rule(_why_extra(line), line, "only ours")
    report.unexplained += [f"no line for {name}" for name in mine]
    return report


def _why_absent(line: Line, repeated: bool) -> str | None:
    if "sequential" in line.type and line.type.endswith("goto_position"):
        return "echo"
    checks = {"studio": context.is_studio, "background": context.is_background, "anonymous": context.is_anonymous}
    return next((name for name, check in checks.items() if check(line)), "duplicate" if repeated else None)


def _why_extra(line: Line) -> str | None:
    if context.rescue(line):
        return "rescued"
    return "kept_silent" if _SILENT.fullmatch(line.type) else None


class _Pair:
    """A published event and ours of the same line."""

    def __init__(self, report: Report, line: Line, old: Event, new: Event, course: str | None) -> None:
        self.report, self.line, self.old, self.new, self.course = report, line, old, new, course

    def compare(self) -> None:
        for column in EVENT:
            if column not in _IDS:
                self._cell(column, self.old.first[column], self.new.first[column])
        if self.old.ip != self.new.ip:
            self._note(None, f"ip {self.old.ip} / {self.new.ip}")
        self._rows()
        self._parts()
        self._states()

    def _note(self, name: str | None, what: str) -> None:
        self.report.rule(name, self.line, what)

    def _cell(self, column: str, theirs: str, mine: str) -> None:
        check = getattr(self, f"_{column}", None)
        if check is not None:
            name = check(theirs, mine)
            if name is None or theirs != mine:
                self._note(name, f"{column}: {theirs!r} / {mine!r}")
        elif theirs != mine:
            self._note(self._why(theirs, mine), f"{column}: {theirs!r} / {mine!r}")

    # Each gives the rule by which a cell may differ, or None when ours is wrong, be it the same or not.

    def _anon_screen_name(self, theirs: str, mine: str) -> str | None:
        name = self.line.user
        if not isinstance(name, str) or (re.fullmatch(r"\w+", name, re.ASCII) and theirs != user_hash(name)):
            return None
        return "pseudonym" if mine == _keyed("n:" + name.strip(_BLANKS)) else None

    def _student_id(self, theirs: str, mine: str) -> str | None:
        return "pseudonym" if mine == (_keyed(f"n:{theirs}") if theirs else "") else None

    _instructor_id = _group_user = _student_id

    def _session(self, theirs: str, mine: str) -> str | None:
        session = (self.line.obj or {}).get("session")
        if mine != (_keyed(f"s:{session}") if session else ""):
            return None
        return "session"

    def _time(self, theirs: str, mine: str) -> str | None:
        return "utc" if datetime.fromisoformat(mine).replace(tzinfo=None) == self.line.utc and mine.endswith("+00:00") else None

    def _ip_country(self, theirs: str, mine: str) -> str | None:
        return "country" if mine == "" else None

    def _downtime_for(self, theirs: str, mine: str) -> str | None:
        return "downtime" if mine == "00000000000000" else None

    def _course_id(self, theirs: str, mine: str) -> str | None:
        return "course_id" if mine == (self.course or "") else None

    def _course_display_name(self, theirs: str, mine: str) -> str | None:
        return "course_name" if mine == (self.course or "") else None

    def _event_type(self, theirs: str, mine: str) -> str | None:
        if not self.line.is_path:
            return "clean_path" if mine == theirs == self.line.type else None
        wanted = self.line.type.split("?")[0] if "i4x:" in self.line.type else "/" + (clean(self.line.type) or "").split("/", 3)[3]
        return "clean_path" if mine.rstrip("/") == wanted.rstrip("/") else None

    def _page(self, theirs: str, mine: str) -> str | None:
        host = self.line.host or None
        if self.line.is_path and "i4x:" not in self.line.type:
            address = clean(self.line.type, host) or ""
            return "request_page" if re.fullmatch(re.escape(mine) + r"(\d+/)?", address) else None
        if mine == "":
            return "no_address" if clean(self.line.page, host) is None else None
        return "clean_page" if mine == clean(self.line.page, host) else None

    def _why(self, theirs: str, mine: str) -> str | None:
        if theirs == "None" and mine == "":
            return "none_text"
        if theirs in _DEFAULTS:
            return "more_fields" if mine in _texts(self.line.event) else None
        if theirs.startswith("[u") and mine.strip("'") in theirs:
            return "printed"
        return "cleaned" if _alike(mine, theirs) else None

    # ------------------------------------------------------------ rows, parts, states

    def _rows(self) -> None:
        """How many rows there are, and how theirs were put together."""
        old, parts = self.old, {**self._answers(self.new), **self._marks(self.new)}
        if len(self.new.rows) != max(1, len(parts)):
            self._note(None, f"{len(self.new.rows)} rows for {len(parts)} parts")
        done: set[tuple[str, ...]] = set()
        for row, answer, mark in zip(old.rows, old.answers, old.marks, strict=True):
            keys = row["answer_fk"], row["correctMap_fk"], row["state_fk"]
            if any(keys) and keys in done:
                self._note("extra_copy", "row")
            done.add(keys)
            if not answer and not mark and row["state_fk"] and len(old.rows) > 1:
                self._note("state_rows", "row")
            if answer and mark and _key(answer[0]) != _key(mark["key"]):
                self._note("pairing", "row")

    def _answers(self, event: Event) -> dict[str, str]:
        return {answer[0]: answer[1] for answer in event.answers if answer}

    def _marks(self, event: Event) -> dict[str, dict[str, str]]:
        return {mark["key"]: {k: v for k, v in mark.items() if k != "key"} for mark in event.marks if mark}

    def _parts(self) -> None:
        theirs, mine, marks = self._answers(self.old), self._answers(self.new), self._marks(self.new)
        left = dict(mine)
        for key, answer in theirs.items():
            if key.endswith("_dynamath"):
                self._note("dynamath", key)
                continue
            name = _key(unquote_plus(key))
            if name != key:
                self._note("key_form", key)
            if self.line.is_path and not key.startswith("input_"):
                self._note("no_input", key)
                continue
            if self.line.type == "problem_graded":
                self._note("graded_mark" if marks.get(name, {}).get("correctness") == answer.lower() else None, f"{key}: {answer} / {marks}")
                continue
            if name not in left:
                self._note(None, f"no answer for {key}")
            elif left[name] != answer:
                self._note(self._why_answer(key, answer, left[name]), f"{key}: {answer!r} / {left[name]!r}")
            left.pop(name, None)
        for key in left:
            self._note("part_answers" if _is_said(self.line, key) else None, f"answer only ours: {key}")
        old_marks = {_key(key): mark for key, mark in self._marks(self.old).items()}
        self._same_marks(old_marks, {k: v for k, v in marks.items() if self.line.type != "problem_graded"})

    def _same_marks(self, theirs: dict[str, dict[str, str]], mine: dict[str, dict[str, str]]) -> None:
        for key in {**theirs, **mine}:
            old, new = theirs.get(key), mine.get(key)
            if old == new:
                continue
            same = old and new and all(_alike(old[k], new[k]) for k in new)
            self._note("cleaned" if same else None, f"mark of {key}: {old} / {new}")

    def _why_answer(self, key: str, theirs: str, mine: str) -> str | None:
        if _alike(theirs, mine):
            return "cleaned"
        if _alike(unquote_plus(theirs), mine):
            return "percent"
        if mine.startswith("["):
            given = json.loads(mine)
            return "choices" if any(_alike(unquote_plus(theirs), text) for text in (given[-1], ",".join(given))) else None
        return None

    def _states(self) -> None:
        """The states: theirs pair three lists by position, ours by part; together they hold the same."""
        old, new = _content(self.old.states), _content(self.new.states)
        if previews := {text for text in old - new if "_dynamath" in text}:
            self._note("dynamath", str(previews))
        if old - previews != new and {_plain(text) for text in old - previews} != {_plain(text) for text in new}:
            self._note(None if old else "more_fields", f"states: {sorted(old ^ new)}")


def _content(states: list[dict[str, object]]) -> set[str]:
    found = set()
    for state in states:
        found.add(f"seed {state['seed']} {state['done']}")
        for name in ("answer", "mark", "input"):
            value = state[name]
            if isinstance(value, dict):
                value = (_key(str(value["key"])), *(v for k, v in value.items() if k != "key"))
            elif isinstance(value, tuple):
                value = (_key(value[0]), *value[1:])
            if value:
                found.add(f"{name} {value}")
    return found


def _keyed(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()[:40]


def _key(key: str) -> str:
    key = key.removeprefix("input_").removesuffix("[]")
    return re.sub(r"_choice_[A-Za-z0-9_]+$", "", key)


def _is_said(line: Line, key: str) -> bool:
    return key in line.raw.decode("utf-8", "replace")


def _alike(a: str, b: str) -> bool:
    """Whether texts are the same but for quotes, backslashes, line ends and letters that are not ASCII."""
    if a.isascii() and b.isascii():
        return re.sub(r"['\\;\s]+", "", a) == re.sub(r"['\\;\s]+", "", b)
    return _plain(a) == _plain(b)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.replace("ω", "o").replace("π", "p"))
    return "".join(c for c in text if c.isascii() and c.isalnum())


def _texts(value: object) -> set[str]:
    """All texts and numbers in a payload."""
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {str(value)}


def counts() -> dict[str, dict[str, int]]:
    """Of all cases."""
    found = {}
    for case in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            report = compare(case, written(case, Path(folder)))
        for text in report.unexplained:
            print(case, text)
        found[case] = dict(sorted(report.counts.items()))
    return found


if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(counts(), indent=1) + "\n", encoding="utf-8")
