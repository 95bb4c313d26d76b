"""A synthetic course of the session platform: rows of every table, the same in both formats. Nothing in it comes from a real course."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import phpserialize
from synthetic_log.dice import Dice

from . import quizzes
from .people import START, WEEK, ZONES, Person, person, words

Row = dict[str, object]
GROUPS = ("Administrator", "Instructor", "Teaching Staff", "Student", "Blocked", "Student Access", "Community TA", "School Administrator")
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) SyntheticBrowser/1.0"
_CLOSED = {"soft_close_time": 2**31 - 1, "hard_close_time": 2**31 - 1}


@dataclass(frozen=True)
class Course:
    """What a course is made of. The rates are per learner, as public counts of one real course have them."""

    seed: int = 1
    users: int = 60
    lectures: int = 20
    quizzes: int = 12
    weeks: int = 8
    views: float = 19.5
    submissions: float = 2.2
    actions: float = 6.2
    posts: float = 0.09
    reads: float = 1.2
    number: int = 136
    url: str = "synthetic-001"
    extra: dict[str, list[Row]] = field(default_factory=dict)
    """Rows to add, by table: see awkward.py."""

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table."""
        makers: dict[str, Callable[[Course], Iterator[Row]]] = _MAKERS
        if table in makers:
            yield from makers[table](self)
        yield from self.extra.get(table, ())

    @cached_property
    def people(self) -> list[Person]:
        """Learners; the first ones also are staff."""
        return [person(self.seed, i) for i in range(self.users)]

    @cached_property
    def questions(self) -> dict[int, list[quizzes.Question]]:
        """By quiz. The last quiz is a copy of the first, as courses that are run again have them."""
        return {q: quizzes.questions(self.seed, q, 1 if q == self.quizzes else None) for q in range(1, self.quizzes + 1)}

    @cached_property
    def threads(self) -> list[tuple[int, int, int, list[tuple[int, Person, int]]]]:
        """Thread, forum, time and posts (id, author, time)."""
        dice, found, post = Dice(self.seed, "threads"), [], 0
        while post < self.users * self.posts:
            time, posts = START + dice.below(self.weeks * WEEK), []
            for _ in range(1 + dice.below(6)):
                post, time = post + 1, time + 60 + dice.below(86_400)
                posts.append((post, dice.pick(self.people), time))
            found.append((len(found) + 1, dice.pick((2, 3, 4)), posts[0][2], posts))
        return found

    def dice(self, *words: object) -> Dice:
        """A source of choices of its own."""
        return Dice(self.seed, *words)

    def uses(self, what: str, rate: float, items: int) -> Iterator[tuple[int, Person, int, int, Dice]]:
        """What learners do with items: id, learner, item, which of the learner's with that item it is, and the dice for the rest."""
        number = 0
        for i, learner in enumerate(self.people):
            dice, before = self.dice(what, i), dict[int, int]()
            for _ in range(dice.times(rate * 2 * dice.real())):
                number, item = number + 1, 1 + dice.below(items)
                before[item] = before.get(item, 0) + 1
                yield number, learner, item, before[item], dice

    def attempts(self) -> Iterator[tuple[int, Person, int, int, int]]:
        """Quiz submissions: id, learner, quiz, which of the learner's to that quiz it is, and time."""
        for number, learner, quiz, again, dice in self.uses("attempts", self.submissions, self.quizzes):
            yield number, learner, quiz, again, START + (quiz % self.weeks) * WEEK + dice.below(WEEK)


def _hash_mapping(c: Course) -> Iterator[Row]:
    for p in c.people:
        yield {
            "user_id": p.number,
            "anon_user_id": p.anon,
            "forum_user_id": p.forum,
            "eventing_user_id": p.eventing,
            "session_user_id": p.anon,
            "public_user_id": p.public,
        }


def _access_groups(c: Course) -> Iterator[Row]:
    for i, name in enumerate(GROUPS, 1):
        yield {"id": i, "name": name, "default": int(name == "Student"), "forum_title": name, "user_level_priority": 100 - i}


def _users(c: Course) -> Iterator[Row]:
    for i, p in enumerate(c.people):
        dice = c.dice("user", i)
        joined = START - dice.below(4 * WEEK)
        yield {"@user": p, "timezone": dice.pick(ZONES), "access_group_id": (2, 3, 7)[i] if i < 3 else 4, "registration_time": joined,
               "last_access_time": joined + dice.below(8 * WEEK), "last_access_ip": f"192.0.2.{dice.below(256)}"}  # fmt: skip


def _grades(c: Course) -> Iterator[Row]:
    for i, p in enumerate(c.people):
        grade = round(100 * c.dice("grade", i).real(), 4)
        level = "distinction" if grade > 90 else "normal" if grade > 70 else "none"
        yield {"id": i + 1, "@user": p, "normal_grade": grade, "distinction_grade": grade if grade > 90 else None, "achievement_level": level}


def _announcements(c: Course) -> Iterator[Row]:
    for week in range(c.weeks):
        dice = c.dice("announcement", week)
        yield {
            "id": week + 1,
            "title": words(dice, 2, 4),
            "message": f"<p>{words(dice, 20, 60)}</p>",
            "@user": c.people[0],
            "open_time": START + week * WEEK,
        }


def _sections(c: Course) -> Iterator[Row]:
    for week in range(c.weeks):
        yield {"id": week + 1, "title": f"Week {week + 1}", "display_order": week, "visible_date": START + week * WEEK}


def _items(c: Course) -> Iterator[Row]:
    counts = {"lecture": c.lectures, "quiz": c.quizzes, "assignment": 3}
    for kind, count in counts.items():
        for item in range(1, count + 1):
            yield {"item_type": kind, "item_id": item, "section_id": 1 + item % c.weeks, "order": item}


def _lectures(c: Course) -> Iterator[Row]:
    for i in range(1, c.lectures + 1):
        dice = c.dice("lecture", i)
        yield {"id": i, "open_time": START + i % c.weeks * WEEK, **_CLOSED, "title": words(dice, 2, 5), "source_video": f"v{i}.mp4",
               "video_length": round(300 + 900 * dice.real(), 2),
               "final": 1, "video_id": f"vid{i}"}  # fmt: skip


def _views(c: Course) -> Iterator[Row]:
    for number, learner, lecture, again, dice in c.uses("views", c.views, c.lectures):
        yield {"id": number, "item_id": lecture, "@user": learner, "submission_time": START + dice.below(c.weeks * WEEK),
               "submission_number": again, "action": "download" if dice.chance(0.2) else "view"}  # fmt: skip


def _quizzes(c: Course) -> Iterator[Row]:
    for q in range(1, c.quizzes + 1):
        opens = START + q % c.weeks * WEEK
        yield {"id": q, "open_time": opens, "soft_close_time": opens + WEEK, "hard_close_time": opens + 2 * WEEK, "title": _quiz_title(c, q),
               "quiz_type": "homework" if q % 3 else "exam"}  # fmt: skip


def _quiz_title(c: Course, q: int) -> str:
    return f"Quiz {q}: {words(c.dice('quiz', q), 1, 3)}"


def _attempts(c: Course) -> Iterator[Row]:
    for number, learner, quiz, again, time in c.attempts():
        score = round(10 * c.dice("score", number).real(), 2)
        yield {"id": number, "item_id": quiz, "@user": learner, "submission_time": time, "submission_number": again, "raw_score": score}


def _kvs_quiz(c: Course) -> Iterator[Row]:
    for q, found in c.questions.items():
        yield {"key": f"xml.quiz_id:{q}", "value": quizzes.xml(c.seed, q, _quiz_title(c, q), found)}
        if q % 4 == 0:
            yield {"key": f"backup.xml.quiz_id:{q}.time:{START}", "value": quizzes.xml(c.seed, q, "before", found)}
    for number, learner, quiz, again, time in c.attempts():
        value = quizzes.submission(c.dice("answers", number), c.questions[quiz], time - 60 - number % 3000, time, again)
        yield {"key": f"submission.submission_id:{number}", "value": value}
        if number % 10 == 0:
            yield {"key": f"saved.quiz_id:{quiz}.user_id:{learner.anon}", "value": value}


def _assignments(c: Course) -> Iterator[Row]:
    for a in range(1, 4):
        opens = START + a * WEEK
        yield {"id": a, "open_time": opens, "soft_close_time": opens + WEEK, "hard_close_time": opens + 2 * WEEK, "title": f"Programming {a}"}


def _assignment_parts(c: Course) -> Iterator[Row]:
    for part in range(6):
        yield {"id": part + 1, "assignment_id": part // 2 + 1, "sid": f"a{part}", "part_order": part % 2, "maximum_score": 10 + 10 * (part % 2),
               "title": f"Part {part % 2 + 1}", "grader": "unit"}  # fmt: skip


def _assignment_submissions(c: Course) -> Iterator[Row]:
    for number, i in enumerate(range(0, c.users, 2), 1):
        dice = c.dice("assignment", i)
        part = 1 + dice.below(6)
        yield {"id": number, "item_id": part, "@user": c.people[i], "submission_time": START + dice.below(c.weeks * WEEK), "submission_number": 1,
               "raw_score": float(dice.below(11 if part % 2 else 21))}  # fmt: skip


def _peer_assessments(c: Course) -> Iterator[Row]:
    yield {"id": 1, "@user": c.people[0], "open_time": START + WEEK, "submission_deadline": START + 2 * WEEK, "grading_start": START + 2 * WEEK,
           "grading_deadline": START + 3 * WEEK, "display_grades_time": START + 3 * WEEK, "title": "Essay", "max_grade": 20.0}  # fmt: skip


def _essays(c: Course) -> list[tuple[int, Person, list[Person]]]:
    """Essay, author, and the three peers who mark it."""
    authors = c.people[3::5]
    return [(i + 1, author, [authors[(i + k) % len(authors)] for k in (1, 2, 3)]) for i, author in enumerate(authors)] if len(authors) > 3 else []


def _essay_rows(c: Course) -> Iterator[Row]:
    for essay, author, _ in _essays(c):
        time = START + WEEK + c.dice("essay", essay).below(WEEK)
        yield {
            "id": essay,
            "@author": author,
            "title": f"Essay {essay}",
            "assessment_id": 1,
            "start_time": time - 900,
            "save_time": time - 60,
            "submit_time": time,
        }


def _marks(c: Course) -> Iterator[tuple[int, int, Person, int, int]]:
    for essay, _, peers in _essays(c):
        for k, peer in enumerate(peers):
            yield 3 * essay - 2 + k, essay, peer, START + 2 * WEEK + 100 * essay + k, c.dice("mark", essay, k).below(21)


def _evaluations(c: Course) -> Iterator[Row]:
    for number, essay, peer, time, grade in _marks(c):
        yield {
            "id": number,
            "@author": peer,
            "submission_id": essay,
            "start_time": time - 90,
            "save_time": time - 9,
            "submit_time": time,
            "grade": float(grade),
        }


def _peer_gradings(c: Course) -> Iterator[Row]:
    for number, essay, _, time, _ in _marks(c):
        yield {"id": number, "item_number": number % 3, "peer_grading_set_id": essay, "evaluation_id": number, "submit_time": time}


def _overall(c: Course) -> Iterator[Row]:
    grades: dict[int, list[int]] = {}
    for _, essay, _, _, grade in _marks(c):
        grades.setdefault(essay, []).append(grade)
    for essay, given in grades.items():
        middle = float(sorted(given)[1])
        yield {"id": essay, "submission_id": essay, "grade": middle, "final_grade": middle, "peer_grade": middle}


def _grading_sets(c: Course) -> Iterator[Row]:
    for essay, author, _ in _essays(c):
        yield {
            "id": essay,
            "@user": author,
            "assessment_id": 1,
            "start_time": START + 2 * WEEK,
            "finish_time": START + 2 * WEEK + 5000,
            "status": "completed",
        }


def _wiki_pages(c: Course) -> Iterator[Row]:
    for page in range(1, 6):
        yield {
            "id": page,
            "canonical_name": f"Page{page}",
            "title": f"Page {page}",
            "creator": c.people[0].number,
            "created": START,
            "modified": START + WEEK,
        }


def _wiki_revisions(c: Course) -> Iterator[Row]:
    for number in range(1, 3 + c.users // 10):
        dice = c.dice("wiki", number)
        yield {
            "id": number,
            "page_id": 1 + dice.below(5),
            "@user": dice.pick(c.people),
            "timestamp": START + dice.below(c.weeks * WEEK),
            "comments": words(dice, 1, 4),
        }


def _forums(c: Course) -> Iterator[Row]:
    for number, name in enumerate(("Forums", "General", "Study groups", "Assignments")):
        yield {"id": 0 if number == 0 else number + 1, "parent_id": 0 if number else -1, "name": name, "description": name, "display_order": number}


def _threads(c: Course) -> Iterator[Row]:
    for thread, forum, time, posts in c.threads:
        yield {"id": thread, "forum_id": forum, "@forum": posts[0][1], "posted_time": time, "last_updated_time": posts[-1][2],
               "num_posts": len(posts),
               "title": words(c.dice("thread", thread), 2, 6)}  # fmt: skip


def _posts(c: Course) -> Iterator[Row]:
    for thread, _, _, posts in c.threads:
        for post, author, time in posts:
            dice = c.dice("post", post)
            yield {"id": post, "thread_id": thread, "@forum": author, "post_time": time, "original": int(post == posts[0][0]),
                   "post_text": words(dice, 5, 60), "user_agent": _AGENT,
                   "deleted": int(dice.chance(0.02)), "is_spam": int(dice.chance(0.01)), "anonymous": int(dice.chance(0.1))}  # fmt: skip


def _comments(c: Course) -> Iterator[Row]:
    number = 0
    for thread, _, _, posts in c.threads:
        for post, _, time in posts:
            dice = c.dice("comments", post)
            for _ in range(dice.times(0.5)):
                number += 1
                yield {"id": number, "thread_id": thread, "post_id": post, "@forum": dice.pick(c.people), "post_time": time + 30 + dice.below(WEEK),
                       "comment_text": words(dice, 3, 20), "user_agent": _AGENT}  # fmt: skip


def _votes(c: Course) -> Iterator[Row]:
    for _, _, _, posts in c.threads:
        for post, _, time in posts:
            dice = c.dice("votes", post)
            for voter in {p.number: p for p in [dice.pick(c.people) for _ in range(dice.below(4))]}.values():
                yield {
                    "@forum": voter,
                    "pc_id": post,
                    "type": "post",
                    "direction": -1 if dice.chance(0.1) else 1,
                    "timestamp": time + dice.below(WEEK),
                }


def _activity(c: Course) -> Iterator[Row]:
    number = 0
    for i, learner in enumerate(c.people):
        dice = c.dice("activity", i)
        for _ in range(dice.times(c.actions * 2 * dice.real())):
            number += 1
            yield {"id": number, "@forum": learner, "module": "forum", "action": dice.pick(("thread.view", "post.upvote", "thread.subscribe")),
                   "item_id": 1 + dice.below(max(1, len(c.threads))), "timestamp": START + dice.below(c.weeks * WEEK)}  # fmt: skip


def _reads(c: Course) -> Iterator[Row]:
    for i, learner in enumerate(c.people):
        dice = c.dice("reads", i)
        for forum in (2, 3, 4)[: dice.times(c.reads * dice.real())]:
            threads = [t for t, f, _, _ in c.threads if f == forum][:40]
            seen = {dice.pick(threads): START + dice.below(c.weeks * WEEK) for _ in range(dice.below(4))} if threads else {}
            record: dict[object, int] = {"_all": START + dice.below(c.weeks * WEEK)} if dice.chance(0.4) else dict(seen)
            yield {"key": f"forum_{forum}.{learner.number}", "value": bytes(phpserialize.dumps(record))}


def _late_days(c: Course) -> Iterator[Row]:
    for learner in c.people[::7]:
        yield {"@user": learner, "late_days_left": 3}


_MAKERS: dict[str, Callable[[Course], Iterator[Row]]] = {
    "hash_mapping": _hash_mapping, "access_groups": _access_groups, "users": _users, "course_grades": _grades, "announcements": _announcements,
    "sections": _sections, "items_sections": _items, "lecture_metadata": _lectures, "lecture_submission_metadata": _views,
    "quiz_metadata": _quizzes, "quiz_submission_metadata": _attempts, "kvs.quiz": _kvs_quiz, "assignment_metadata": _assignments,
    "assignment_part_metadata": _assignment_parts, "assignment_submission_metadata": _assignment_submissions,
    "hg_assessment_metadata": _peer_assessments, "hg_assessment_submission_metadata": _essay_rows,
    "hg_assessment_evaluation_metadata": _evaluations, "hg_assessment_overall_evaluation_metadata": _overall,
    "hg_assessment_peer_grading_metadata": _peer_gradings, "hg_assessment_peer_grading_set_metadata": _grading_sets, "wiki_pages": _wiki_pages,
    "wiki_revisions": _wiki_revisions, "forum_forums": _forums, "forum_threads": _threads, "forum_posts": _posts, "forum_comments": _comments,
    "forum_reputation_record": _votes, "activity_log": _activity, "kvs.forum_readrecord": _reads, "late_days_left": _late_days,
}  # fmt: skip
