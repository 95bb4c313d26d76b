"""Rows that real exports have and tidy ones have not. Each case is labelled; the rows come on top of those of the course."""

from __future__ import annotations

from dataclasses import replace

import phpserialize

from .course import Course, Row
from .people import START, person
from .quizzes import twice

CASES = {
    "user-unmapped": "someone who is not in hash_mapping posts, votes, hands in and watches",
    "user-hash-only": "someone in hash_mapping without a row in users",
    "user-missing-group": "an access group that does not exist",
    "user-never-registered": "registration_time 0",
    "grade-null": "normal_grade NULL",
    "lecture-draft": "a lecture with parent_id, seen by learners",
    "lecture-deleted": "a deleted lecture without a title, seen by learners",
    "view-no-lecture": "a view of a lecture that does not exist",
    "item-orphan": "items_sections names a section and a lecture that do not exist",
    "quiz-no-xml": "a quiz without XML, with a submission",
    "quiz-broken-xml": "XML that is not well formed",
    "quiz-null-xml": "XML that is NULL",
    "attempt-no-value": "a submission without its row in the key-value table",
    "attempt-truncated": "a value that breaks off",
    "attempt-bad-length": "a value whose lengths are wrong",
    "attempt-false": "a value that is false",
    "attempt-null": "a value that is NULL",
    "attempt-no-times": "no start_time, no saved_time",
    "attempt-no-answers": "no answers",
    "attempt-unknown-question": "an answer to a question the quiz does not have",
    "attempt-scalar": "a choice as a plain text",
    "value-only": "a value whose submission is gone",
    "post-no-thread": "a post in a thread that does not exist",
    "thread-no-forum": "a thread in a forum that does not exist",
    "post-later-original": "the original post has a higher id than a reply",
    "comment-no-post": "a comment on a post that does not exist",
    "vote-no-post": "a vote for a post that does not exist",
    "vote-no-time": "a vote at -1",
    "read-malformed": "a read record that breaks off",
    "read-odd-keys": "read records whose keys have no dot, no number, an unknown user or an unknown forum",
    "wiki-no-page": "a revision of a page that does not exist",
    "part-orphan": "a part of an assignment that does not exist",
}


def awkward(course: Course) -> Course:
    """The course with all cases."""
    stranger, hashed, odd = (person(course.seed, course.users + i) for i in range(3))
    known = course.people[-1]
    quiz, attempt, post, thread = course.quizzes + 1, 900_000, 90_000, 9_000
    extra: dict[str, list[Row]] = {}

    def add(table: str, **row: object) -> None:
        extra.setdefault(table, []).append({"@" + key[3:] if key.startswith("at_") else key: value for key, value in row.items()})

    for p in (hashed, odd):
        add(
            "hash_mapping",
            user_id=p.number,
            anon_user_id=p.anon,
            forum_user_id=p.forum,
            eventing_user_id=p.eventing,
            session_user_id=p.anon,
            public_user_id=p.public,
        )
    add("users", at_user=stranger, access_group_id=4, registration_time=START)
    add("users", at_user=odd, access_group_id=99, registration_time=0)
    add("course_grades", id=900_000, at_user=odd, normal_grade=None)
    add("lecture_metadata", id=901, parent_id=1, title="draft")
    add("lecture_metadata", id=902, deleted=1, title=None)
    for number, lecture in enumerate((901, 902, 999)):
        add("lecture_submission_metadata", id=900_000 + number, item_id=lecture, at_user=known, submission_time=START + number, submission_number=1)
    add("lecture_submission_metadata", id=900_003, item_id=1, at_user=stranger, submission_time=START, submission_number=1)
    add("items_sections", item_type="lecture", item_id=901, section_id=777, order=1)
    add("items_sections", item_type="lecture", item_id=888, section_id=1, order=1)
    for number in range(3):
        add("quiz_metadata", id=quiz + number, title=None if number else "no XML")
    add("kvs.quiz", key=f"xml.quiz_id:{quiz + 1}", value=phpserialize.dumps("<quiz><data><question_groups>"))
    add("kvs.quiz", key=f"xml.quiz_id:{quiz + 2}", value=None)
    good = {"answers": {"unknown": {0: "x"}}, "start_time": START, "saved_time": START + 60}
    first = course.questions[1][0].id
    values: list[tuple[int, bytes | None] | None] = [
        (quiz, twice(good)), None, (1, twice(good)[:-9]), (1, twice(good).replace(b's:7:"answers"', b's:8:"answers"')), (1, twice(False)), (1, None),
        (1, twice({"answers": {first: {0: "x"}}})), (1, twice({"start_time": START, "saved_time": None})), (1, twice(good)),
        (1, twice({**good, "answers": {first: "plain", 17: {"answer": "Größe €"}}})),
    ]  # fmt: skip
    for number, value in enumerate(values):
        add(
            "quiz_submission_metadata",
            id=attempt + number,
            item_id=value[0] if value else 1,
            at_user=known,
            submission_time=START + 60 + number,
            submission_number=number + 50,
        )
        if value:
            add("kvs.quiz", key=f"submission.submission_id:{attempt + number}", value=value[1])
    add("quiz_submission_metadata", id=attempt + 50, item_id=1, at_user=stranger, submission_time=START, submission_number=1)
    add("kvs.quiz", key="submission.submission_id:999999", value=twice(good))
    add("forum_threads", id=thread, forum_id=2, at_forum=stranger, posted_time=START, title="of a stranger")
    add("forum_threads", id=thread + 1, forum_id=999, at_forum=known, posted_time=START, title="nowhere")
    for number, (where, who, original) in enumerate(((0, known, 0), (0, stranger, 1), (1, known, 1), (999, known, 1))):
        text = ("a reply", "the original", "no forum", "no thread")[number]
        add("forum_posts", id=post + number, thread_id=thread + where, at_forum=who, post_time=START + 9 - number, original=original, post_text=text)
    add("forum_comments", id=90_000, thread_id=thread, post_id=77_777, at_forum=known, post_time=START, comment_text="on nothing")
    add("forum_comments", id=90_001, thread_id=thread, post_id=post + 1, at_forum=known, post_time=START, comment_text="to a stranger")
    for number, (about, who, time) in enumerate(((66_666, known, START), (post, known, -1), (post + 2, stranger, START))):
        add("forum_reputation_record", at_forum=who, pc_id=about, type="post", direction=1 - 2 * (number % 2), timestamp=time)
    records = {"2.999999": "a:0:{}", f"4242.{known.number}": "a:0:{}", "nodot": "a:0:{}", "x.y": "a:0:{}", f"0.{known.number}": 'a:1:{s:4:"_al'}
    for key, text in records.items():
        add("kvs.forum_readrecord", key=f"forum_{key}", value=text)
    add("wiki_revisions", id=90_000, page_id=404, at_user=known, timestamp=START)
    add("wiki_revisions", id=90_001, page_id=1, at_user=stranger, timestamp=START)
    add("assignment_part_metadata", id=900, assignment_id=404, sid="lost", maximum_score=5)
    return replace(course, extra=extra)
