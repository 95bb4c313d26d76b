"""The catalogue of event types, read: which tables a row asks for, and concrete types and paths for its patterns."""

from __future__ import annotations

import csv
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[3] / "shared" / "catalog" / "catalog.csv"

TABLES = (
    "observed_events", "click_events", "resources", "urls", "submissions", "assessments", "problems", "problem_types", "collaborations",
    "collaboration_types", "feedbacks", "questions", "answers", "surveys", "users",
)  # fmt: skip
POSTS = {"forum_post": "forum_question"}
GRADERS = {"peer": "user_id", "reviewer": "staff", "instructor_id": "staff"}

COURSE = "course-v1:Example+MOOC+2024"
OLD_COURSE = "Example/MOOC/2013"
_VALUES = {
    "chapter": "week1", "sequential": "lesson2", "position": "2", "n": "1", "m": "2", "page": "7", "tab_slug": "schedule", "url_name": "intro",
    "id": "65e5a1b0c3d4e5f60718293a", "topic": "general", "user": "1001", "user_id": "1001", "lang": "en", "key": "4f5e6d", "name": "thing",
    "dir": "content", "rev": "4f5e6d", "pid": "12", "rolename": "instructors", "role": "staff", "problem": "thing", "action": "import_course",
}  # fmt: skip
_CATEGORIES = (
    ("goto_position", "sequential"),
    ("save_user_state", "video"),
    ("transcript", "video"),
    ("ORA1", "combinedopenended"),
    ("ORA2", "openassessment"),
    ("jump_to", "vertical"),
    ("other XBlock", "word_cloud"),
)


@dataclass(frozen=True)
class Wanted:
    """Tables that a row may ask for, one of several ways; the type of its collaborations and its grader if it names one."""

    tables: frozenset[str]
    post: str = ""
    grader: str = ""


@dataclass(frozen=True)
class Entry:
    """A row of the catalogue."""

    type: str
    source: str
    wants: tuple[Wanted, ...]  # none of them: nothing is asked for

    @property
    def is_path(self) -> bool:
        return self.type.startswith("/") or self.type.startswith("{bot paths")

    def concrete(self) -> list[str]:
        """Types, or paths, that the row stands for."""
        return _paths(self.type) if self.is_path else _names(self.type)


def entries() -> list[Entry]:
    """All rows, in order."""
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return [Entry(row["event_type"], row["source"], tuple(_wants(row["moocdb_tables"]))) for row in csv.DictReader(file)]


def _wants(text: str) -> list[Wanted]:
    grader = re.search(r"grader = (\w+)", text)
    bare = re.sub(r"\([^()]*\)", " ", text.partition("—")[0])
    wanted = []
    for way in re.split(r"\bor\b|/|;", bare):
        names = {name for name in re.findall(r"[a-z_]+", way.replace("user_final_grade", "")) if name in TABLES}
        post = re.search(r"type (\w+)", way)
        if "none" in way.split():
            return []
        if not names:
            continue
        marks = GRADERS.get(grader[1], grader[1]) if grader and "assessments" in names else ""
        wanted.append(Wanted(frozenset(names), POSTS.get(post[1], post[1]) if post else "", marks))
    return wanted


def _paths(text: str) -> list[str]:
    category = next((category for word, category in _CATEGORIES if word in text), "problem")
    if text.startswith("{bot"):
        text = " | ".join(re.findall(r"/[\w./-]+", text))
    text = re.sub(r" \([^()]*\)", "", text).replace("v1|v2", "{v1|v2}")
    whole = [piece for way in text.split(" | ") for piece in re.split(r" (?=/)", way)]
    inside = whole[0].startswith("/courses/{course}/")
    return [path for way in whole for path in _expanded(f"/courses/{{course}}{way}" if inside and not way.startswith("/courses/") else way, category)]


def _expanded(path: str, category: str) -> list[str]:
    """One path for each choice in braces, with and without what stands in brackets."""
    path = re.sub(r"\|…|(?<=\w)…|#…| …", "", path).replace("…", "more").replace("*", "x").strip()
    old = "i4x://Org/Course" in path
    names = {"course": OLD_COURSE if old else COURSE, "category": category}
    names |= dict.fromkeys(("usage_key", "usage_id", "usage"), f"block-v1:Example+MOOC+2024+type@{category}+block@thing")
    pieces = re.split(r"(\{[^{}]*\}|\[[^\[\]]*\])", path.replace("Org/Course", "Example/MOOC"))
    choices = [_choices(piece, names) for piece in pieces]
    return ["".join(choice).replace("//", "/").replace("i4x:/", "i4x://") for choice in itertools.product(*choices)]


def _choices(piece: str, names: dict[str, str]) -> list[str]:
    if piece.startswith("["):
        return ["", *_expanded_inside(piece[1:-1], names)]
    if not piece.startswith("{"):
        return [piece]
    inner = piece[1:-1]
    if inner == "other XBlock handlers":
        return ["student_submit"]
    if "|" in inner:
        return inner.split("|")
    return [names.get(inner) or _VALUES[inner]]


def _expanded_inside(text: str, names: dict[str, str]) -> list[str]:
    return ["".join(choice) for choice in itertools.product(*(_choices(piece, names) for piece in re.split(r"(\{[^{}]*\})", text)))]


def _names(text: str) -> list[str]:
    text = re.sub(r" \([^()]*\)$", "", text).replace("*.", "thing.")
    return _expanded_inside(text, {"course": COURSE})
