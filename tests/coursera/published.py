"""The output of the published translator against ours: every row of its tables is found in ours, or a named difference says why not.

`compare` counts each difference; what no difference explains is an AssertionError. Letters and numbers are those of docs/differences-coursera.md.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(os.environ.get("MOOCDB_FAST_GOLDEN_COURSERA") or ROOT.parent / "shared" / "golden_coursera")
"""Synthetic courses with the published translator's output; not part of the project."""

RESOURCE_TYPES = {"1": "1", "2": "5", "5": "12", "6": "7", "7": "9", "9": "2"}
FORMATS = {"2": "question_mc_single", "3": "question_mc_multiple", "4": "question_free_text", "8": "assignment_part"}
USER_TYPES = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "7", "6": "4", "7": "3", "8": "1", "9": "5"}
EVENTS = {
    "2": "tutorial_visit",
    "3": "test_visit",
    "4": "test_submission",
    "6": "problem_submission",
    "8": "forum_post",
    "9": "forum_post_read",
    "10": "forum_comment",
    "11": "forum_vote",
    "14": "wiki_edit",
    "15": "forum_visit",
}
NEVER = "2038-01-19 03:14:07"


def rows(path: Path, *, published: bool = False) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, escapechar="\\") if published else csv.DictReader(file))
    return [{name: None if value in ("", "N", "\\N") else value for name, value in row.items()} for row in found] if published else found


def moment(text: str | None) -> str | None:
    return text[:19] if text else None


def latin(text: str | None) -> str:
    """A text as the published tables could hold it."""
    return (text or "").encode("latin1", "replace").decode("latin1")


class Tables:
    """Both outputs, and the rows of ours by what identifies them."""

    def __init__(self, published: Path, ours: Path) -> None:
        names = ("users", "resources", "problems", "submissions", "assessments", "collaborations", "observed_events")
        self.old = {name: rows(published / f"{name}.csv", published=True) for name in names}
        self.new = {name: rows(ours / f"{name}.csv") for name in names}
        self.resource = {row["resource_id"]: row for row in self.new["resources"]}
        self.problem = {row["problem_id"]: row for row in self.new["problems"]}
        self.counts: Counter[str] = Counter()

    def count(self, difference: str, number: int = 1) -> None:
        if number:
            self.counts[difference] += number

    def differs(self, difference: str, old: object, new: object) -> None:
        """Two values that may differ for a named reason only."""
        self.count(difference, old != new)


def compare(published: Path, ours: Path) -> Counter[str]:
    """The differences by name."""
    t = Tables(published, ours)
    _users(t)
    _resources(t)
    _problems(t)
    _submissions(t)
    _assessments(t)
    _collaborations(t)
    _events(t)
    return t.counts


def _users(t: Tables) -> None:
    old, new = t.old["users"], t.new["users"]
    assert [row["user_id"] for row in old] == [row["user_id"] for row in new]
    graded = [(float(a["user_final_grade"]), float(b["user_final_grade"])) for a, b in zip(old, new, strict=True) if a["user_final_grade"]]
    best = max(b for _, b in graded)
    for a, b in zip(old, new, strict=True):
        assert moment(b["user_join_timestamp"]) == a["user_join_timestamp"]
        if a["user_type_id"] == "6":
            t.count("P1 groups have types of their own", b["user_type_id"] in ("1", "6", "7"))
            assert b["user_type_id"] in ("1", "4", "6", "7")
        else:
            # Coursera's tech support and data coordinators were booked on other groups
            assert USER_TYPES[a["user_type_id"]] == b["user_type_id"]
        assert bool(a["user_final_grade"]) == bool(b["user_final_grade"])
        if a["user_final_grade"]:
            assert abs(float(a["user_final_grade"]) - float(b["user_final_grade"]) / best) < 1e-5
            t.differs("P2 grades are shares of 100", round(float(a["user_final_grade"]), 6), round(float(b["user_final_grade"]), 6))
        t.differs("P3 offsets come from the export", a["user_timezone_offset"], b["user_timezone_offset"] or None)
        t.differs("P4 languages come from the export", None, b["user_language"] or None)
        t.count("P5 countries need a database of addresses", bool(a["user_country"]) and not b["user_country"])
        t.count("P6 addresses are personal", bool(a["user_ip"]) and not b["user_ip"])


def _resources(t: Tables) -> None:
    known: dict[str, dict] = {}
    for row in t.new["resources"]:
        known.setdefault(row["resource_uri"] if row["resource_type_id"] not in ("1", "2") else row["resource_name"], row)
    t.old_resource = {}
    seen = set()
    for row in t.old["resources"]:
        new = known[row["resource_uri"] or row["resource_name"]]
        t.old_resource[row["resource_id"]] = new["resource_id"]
        if new["resource_id"] in seen:
            assert row["resource_name"] == "Forum Index"
            t.count("R1 each index stands once")
            continue
        seen.add(new["resource_id"])
        assert new["resource_type_id"] == RESOURCE_TYPES[row["resource_type_id"]]
        assert latin(new["resource_name"]) == (row["resource_name"] or "")
        t.differs("R2 indexes and sections have addresses", row["resource_uri"] or "", new["resource_uri"])
        parent = row["resource_parent_id"] and t.old_resource[row["resource_parent_id"]]
        if new["resource_type_id"] == "9":
            t.differs("R3 forums have parents", parent, new["resource_parent_id"] or None)
        elif parent is None:
            t.count("R4 items have sections in format 2", bool(new["resource_parent_id"]))
            assert not new["resource_parent_id"] or row["resource_child_number"] is None
        else:
            assert (parent, row["resource_child_number"]) == (new["resource_parent_id"], new["resource_child_number"])
    more = Counter(row["resource_key"].split(":")[0] for row in t.new["resources"] if row["resource_id"] not in seen)
    t.count("R5 threads are resources", more.pop("thread"))
    t.count("R6 peer assessed tasks are resources", more.pop("peer"))
    t.count("R7 announcements are resources", more.pop("announcement"))
    assert not more


def _problems(t: Tables) -> None:
    known = {row["problem_name"]: row for row in t.new["problems"]}
    assert len(known) == len(t.new["problems"])
    for row in t.old["problems"]:
        new = known.pop(row["problem_name"])
        assert new["resource_id"] == t.old_resource[row["resource_id"]]
        parent = t.problem[new["problem_parent_id"]]
        assert parent["resource_id"] == new["resource_id"] and parent["problem_format"] in ("quiz", "assignment")
        t.count("Q1 the parent of a problem is a problem")
        assert int(new["problem_child_number"]) == int(row["problem_child_number"]) + 1
        t.count("Q2 children count from 1")
        if new["problem_format"] != FORMATS[row["problem_type_id"]]:
            assert (row["problem_type_id"], new["problem_format"]) in (("3", "question_mc_single"), ("4", "question_mc_multiple"))
            t.count("Q3 check boxes have several answers, drop-down lists have one")
        for name in ("release_timestamp", "soft_deadline", "hard_deadline"):
            a, b = row[f"problem_{name}"], moment(new[f"problem_{name}"])
            if a != b:
                assert a == NEVER and b is None
                t.count("Q4 never is NULL")
        if row["problem_max_submission"] == "0":
            assert not new["problem_max_submission"]
            t.count("Q5 no limit is NULL")
        else:
            assert new["problem_max_submission"] == row["problem_max_submission"]
    more = Counter(row["problem_format"] for row in known.values())
    t.count("Q6 quizzes, assignments and tasks are problems", more.pop("quiz") + more.pop("assignment") + more.pop("peer_assessment"))
    assert not more


def _submissions(t: Tables) -> None:
    old_problem = {row["problem_id"]: row["problem_name"] for row in t.old["problems"]}
    known = defaultdict(list)
    for row in t.new["submissions"]:
        name = t.problem[row["problem_id"]]["problem_name"]
        known[row["user_id"], name, moment(row["submission_timestamp"]), row["submission_is_submitted"]].append(row)
    t.old_submission, matched = {}, set()
    for row in t.old["submissions"]:
        (new,) = known[row["user_id"], old_problem[row["problem_id"]], row["submission_timestamp"], "1"]
        t.old_submission[row["submission_id"]] = new
        matched.add(new["submission_id"])
        (answer,) = json.loads(row["submission_answer"])
        if isinstance(answer, list) or t.problem[new["problem_id"]]["problem_format"] != "question_free_text":
            told = [] if answer is None else answer if isinstance(answer, list) else [answer]
            assert (json.loads(new["submission_answer"]) if new["submission_answer"] else []) == told
            t.count("S1 answers stand as they are", isinstance(answer, list))
        else:
            assert latin(new["submission_answer"]) == latin(answer)
            t.count("S1 answers stand as they are")
        t.differs("S2 attempts count per problem", row["submission_attempt_number"], new["submission_attempt_number"])
    left = [row for row in t.new["submissions"] if row["submission_id"] not in matched]
    before: dict[tuple, tuple] = {}
    for row in sorted(t.new["submissions"], key=lambda r: (r["submission_timestamp"], int(r["submission_id"]))):
        if row["submission_key"].startswith("quiz_submission"):
            row["repeats"] = before.get((row["user_id"], row["problem_id"])) == row["submission_answer"]
            before[row["user_id"], row["problem_id"]] = row["submission_answer"]
    for row in left:
        kind = row["submission_key"].split(":")[0]
        if kind == "quiz_submission":
            assert row["repeats"], row
        t.count({
            "quiz_submission": "S3 unchanged answers are attempts",
            "quiz_saved": "S4 saved answers are kept",
            "assignment_submission": "S5 assignments are submitted",
            "peer_submission": "S6 peer assessed tasks are submitted",
        }[kind])  # fmt: skip


def _assessments(t: Tables) -> None:
    known = defaultdict(list)
    for row in t.new["assessments"]:
        known[row["submission_id"]].append(row)
    for row in t.old["assessments"]:
        submission = t.old_submission[row["submission_id"]]
        (new,) = known.pop(submission["submission_id"])
        assert float(new["assessment_grade"]) == float(row["assessment_grade"])
        assert moment(new["assessment_timestamp"]) == row["assessment_timestamp"]
        assert new["assessment_grader_id"] == "automatic"
        t.differs("A1 the maximum is what can be reached", float(row["assessment_max_grade"]), float(new["assessment_max_grade"]))
    submissions = {row["submission_id"]: row for row in t.new["submissions"]}
    for key, found in known.items():
        submission = submissions[key]
        kind, format = submission["submission_key"].split(":")[0], t.problem[submission["problem_id"]]["problem_format"]
        if kind == "quiz_submission":
            assert format == "question_mc_multiple" or submission["repeats"]
            t.count("A2 check boxes are graded" if format == "question_mc_multiple" else "S3 unchanged answers are attempts")
        else:
            t.count({"assignment_submission": "A3 assignments are graded", "peer_submission": "A4 peers grade"}[kind], len(found))


def _collaborations(t: Tables) -> None:
    known = defaultdict(list)
    for row in t.new["collaborations"]:
        known[row["user_id"], moment(row["collaboration_timestamp"])].append(row)
    t.old_collaboration, t.collaboration = {}, {row["collaboration_id"]: row for row in t.new["collaborations"]}
    types = {"1": ("1", "2"), "3": ("1", "2", "3"), "4": ("5",), "5": ("4",)}
    taken, t.moved = set(), set()
    for row in t.old["collaborations"]:
        kind = row["collaboration_type_id"]
        new = next(
            n
            for n in known[row["user_id"], row["collaboration_timestamp"]]
            if n["collaboration_id"] not in taken
            and n["collaboration_type_id"] in types[kind]
            and (kind == "5" or latin(n["collaboration_content"]) == (row["collaboration_content"] or ""))
        )
        taken.add(new["collaboration_id"])
        t.old_collaboration[row["collaboration_id"]] = new["collaboration_id"]
        t.count("F1 text outside latin1 is kept", kind != "5" and new["collaboration_content"] != (row["collaboration_content"] or ""))
        t.count("F2 replies are answers", kind == "3" and new["collaboration_type_id"] == "2")
        if (kind == "1") != (new["collaboration_type_id"] == "1"):  # the published root is the row that the server gave first
            t.count("F8 the original post is the root")
            t.moved.add(new["resource_id"])
        t.count("F3 edits have comments", kind == "5" and bool(new["collaboration_content"]))
    for row in t.old["collaborations"]:
        new, kind = t.collaboration[t.old_collaboration[row["collaboration_id"]]], row["collaboration_type_id"]
        parent = row["collaboration_parent_id"] and t.old_collaboration[row["collaboration_parent_id"]]
        if parent != (new["collaboration_parent_id"] or None):
            assert new["resource_id"] in t.moved and kind in ("1", "3")
            t.count("F8 parents follow the root")
        resource = row["resource_id"] and t.old_resource[row["resource_id"]]
        if kind in ("1", "3"):
            assert t.resource[new["resource_id"]]["resource_parent_id"] == resource
            t.count("F4 posts are filed under their thread")
        elif kind == "4":
            assert resource is None
            t.count("F5 votes are filed under their thread", bool(new["resource_id"]))
        else:
            assert new["resource_id"] == resource
        if row["collaboration_child_number"] != (new["collaboration_child_number"] or None):
            assert kind in ("1", "3")
            t.count("F6 children count per forum, and in the order of time")
    more = Counter(row["collaboration_type_id"] for row in t.new["collaborations"] if row["collaboration_id"] not in taken)
    t.count("F7 announcements have messages", more.pop("6"))
    assert not more


def _events(t: Tables) -> None:
    key = {row["collaboration_key"]: row for row in t.new["collaborations"]}
    known = defaultdict(list)
    for row in t.new["observed_events"]:
        known[row["observed_event_type"], row["user_id"], moment(row["observed_event_timestamp"])].append(row)
    taken = set()
    for row in t.old["observed_events"]:
        name = EVENTS[row["observed_event_type_id"]]
        names = {
            "tutorial_visit": ("tutorial_visit", "tutorial_download"),
            "forum_post": ("forum_post", "forum_comment"),
            "forum_comment": ("forum_comment", "forum_post"),
        }.get(name, (name,))
        found = [n for kind in names for n in known[kind, row["user_id"], row["observed_event_timestamp"]] if n["observed_event_id"] not in taken]
        new = next(n for n in found if _same_item(t, name, row["item_id"], n, key))
        taken.add(new["observed_event_id"])
        t.count("E1 downloads are no visits", new["observed_event_type"] == "tutorial_download")
        t.count("F8 the original post is the root", name.startswith("forum") and new["observed_event_type"] != name)
        t.count("E2 submissions lead to their problem", name == "problem_submission")
    more = Counter(row["observed_event_type"] for row in t.new["observed_events"] if row["observed_event_id"] not in taken)
    t.count("S3 unchanged answers are attempts", more.pop("problem_submission", 0))
    t.count(
        "E3 assignments and peer assessment have events", sum(more.pop(n) for n in ("assignment_submission", "peer_submission", "peer_evaluation"))
    )
    t.count("E4 the activity log has events", sum(more.pop(n) for n in [n for n in more if n.startswith("forum.")]))
    t.count("F7 announcements have messages", more.pop("announcement"))
    assert not more


def _same_item(t: Tables, name: str, item: str | None, new: dict, key: dict) -> bool:
    """Whether an event of ours is about what the published one is about."""
    if name == "problem_submission":
        return True  # the published item is the same for all of them
    if name in ("tutorial_visit", "test_visit", "test_submission", "forum_visit"):
        return new["resource_id"] == t.old_resource[item]
    if name == "forum_post_read":  # the published item is a post of the thread
        return new["resource_id"] == t.collaboration[t.old_collaboration[item]]["resource_id"]
    post = key[new["observed_event_key"]]
    if name in ("forum_post", "forum_comment") and post["resource_id"] in t.moved:
        return True
    if name != "forum_vote" and new["observed_event_type"] != name:
        return False
    if name in ("forum_post", "wiki_edit"):
        above = t.resource[new["resource_id"]]["resource_parent_id"] if name == "forum_post" else new["resource_id"]
        return above == t.old_resource[item]
    return post["collaboration_parent_id"] == t.old_collaboration[item]
