"""Families that edX never had: declarations that use the vocabulary in ways, and together, that no real type does.

Kernel and twin read the same tables, so both must make sense of whatever can be said in them.
"""

from __future__ import annotations

from dataclasses import dataclass

from moocdb_fast.events._spec import Act, Assess, Clicks, EventType, Grader, Meaning, PathPattern, Paths, Post, Question, Submit, Trust, Whole

_ID, _USER = ("id",), ("user_id", "for.whom")
_TRUSTS: tuple[Trust, ...] = ("server", "request", "browser", "graded", "score")
_GRADERS: tuple[Grader, ...] = ("automatic", "self", "staff", "peer")

_FULL = Whole(
    answer=("answer", "state.answer"), item=("item",), attempts=("attempt", "state.attempt"), correct=("correct",), earned=("score.earned", "earned"),
    possible=("score.possible", "possible"), key=("uuid",),
)  # fmt: skip
_SHARE = Whole(answer=(".",), earned=("earned",), key=("state.uuid", "uuid"))
_ESSAY = Whole(answer=("text", "."), essay=True)
_ANSWERS = (
    Question("value", ("choice", "other.choice"), name="choice"),
    Question("each", ("choices", "choice"), "each", name="é" * 300),
    Question("members", ("fields",), "members"),
    Question("rubric", ("parts",), "rubric"),
)
_POST = Post(
    "forum_answer", key=("id", "key"), about=("parent.id", "about"), content=("title", "body.text"), undo=("undo", "undone"), word="did",
)  # fmt: skip


@dataclass(frozen=True)
class Family:
    """As the modules of `moocdb_fast.events`."""

    TYPES: tuple[EventType, ...] = ()
    PATHS: tuple[PathPattern, ...] = ()


def _type(name: str, meaning: Meaning, *also: str, label: str = "") -> EventType:
    return EventType(name, meaning, "invented", also=also, label=label)


def _path(pattern: str, meaning: Meaning, about: int = 0, label: str = "") -> PathPattern:
    return PathPattern(meaning, "invented", pattern=pattern, about=about, label=label)


def _action(action: str, meaning: Meaning, *categories: str, about: int = 0, label: str = "") -> PathPattern:
    return PathPattern(meaning, "invented", action=action, categories=categories, about=about, label=label)


def _submits(trust: Trust, whole: Whole | None, act: Act = "check") -> Meaning:
    return Meaning("problem", "submitting", module=_ID, category="problem", submit=Submit(act, 1 if act == "check" else 0, trust, "whole", whole))


def _marks(grader: Grader, key: Paths = (), rubric: Paths = ()) -> Meaning:
    mark = Assess(grader, key, rubric, ("earned",), ("possible",), ("feedback", "hint"))
    return Meaning("problem", module=_ID, category="problem", user=_USER, assess=mark)


def _answers(*questions: Question, **more: object) -> Meaning:
    return Meaning(module=_ID, category="poll", questions=questions, **more)  # type: ignore[arg-type]


def _asks(post: Post) -> Meaning:
    return Meaning(post=post)


SUBMISSIONS = Family(
    (
        *(_type(f"whole.{trust}", _submits(trust, _FULL)) for trust in _TRUSTS),
        *(_type(f"share.{trust}", _submits(trust, _SHARE)) for trust in ("server", "score")),
        _type("save.browser", _submits("browser", _FULL, "save")),
        _type("save.server", _submits("server", _SHARE, "save")),
        _type("essay", Meaning("open_response", module=_ID, submit=Submit("check", 1, "server", "whole", _ESSAY)), "essay.old"),
        _type("nothing", _submits("browser", None)),
        _type("maps", Meaning("problem", module=("problem_id",), category="problem", submit=Submit("check", 1, "server", "maps"))),
    ),
    (_action("whole", Meaning("problem", submit=Submit("check", 1, "request", "whole", _FULL)), "problem"),),
)
MARKS = Family(
    (
        _type("whole.server", _submits("server", _FULL)),
        _type("whole.browser", _submits("browser", _FULL)),
        _type("save.server", _submits("server", _FULL, "save")),
        *(_type(f"mark.{grader}.keyed", _marks(grader, ("uuid", "other.uuid"))) for grader in _GRADERS),
        *(_type(f"mark.{grader}.last", _marks(grader)) for grader in _GRADERS),
        _type("mark.rubric", _marks("peer", (), ("parts",))),
        _type("mark.rubric.keyed", _marks("staff", ("uuid",), ("parts",))),
        _type("mark.without.possible", Meaning(module=_ID, category="problem", assess=Assess("staff", earned=("earned",)))),
        _type("mark.and.answers", Meaning(module=_ID, category="problem", assess=Assess("self", rubric=("parts",)), questions=_ANSWERS)),
        _type("mark.and.grade", Meaning(module=_ID, category="problem", assess=Assess("self"), final_grade=("grade",), user=_USER)),
    ),
    (_action("score", Meaning("problem", user=("POST.user",), assess=Assess("automatic", earned=("POST.score",), possible=("POST.total",)))),),
)
ANSWERS = Family(
    (
        _type("answers", _answers(*_ANSWERS)),
        _type("answers.kept", _answers(*_ANSWERS, mode="feedback"), "answers.old"),
        _type("answers.whole", _answers(Question("value", (".",)), Question("each", (".",), "each"))),
        _type("answers.members", Meaning(questions=(Question("m", (".",), "members"), Question("r", (".",), "rubric")))),
        _type("answers.clicked", Meaning("video", module=_ID, category="video", questions=_ANSWERS[:1], clicks=Clicks())),
        _type("club.**", Meaning(questions=_ANSWERS[:1])),
        _type("submit.and.answer", Meaning("problem", module=_ID, submit=Submit("check", 1, "server", "whole", _FULL), questions=_ANSWERS)),
    ),
    (_action("vote", Meaning(questions=_ANSWERS)), _path("/ask/**", Meaning(questions=(Question("asked", ("POST.answer",), "each"),)))),
)
POSTS = Family(
    (
        _type("post", Meaning("other", "collaborating", page=("url",), post=_POST), "post.old", "post.older"),
        _type("post.in.module", Meaning(module=_ID, category="discussion", post=_POST)),
        _type("post.with.content", _asks(Post("wiki_edit", key=("key",), content=("title", "body.text"), undo=("undo",), needs_content=True))),
        _type("post.and.answer", _answers(*_ANSWERS[:2], post=_POST, final_grade=("grade",), joins=True)),
        _type("team.**", Meaning(staff=True), label="team"),
        _type("team.**.of.**", _asks(_POST), label="team of"),
        _type("squad.**.of.**", _asks(_POST), label="squad of"),
    ),
    (
        _path("/say/*/to/*/", _asks(Post("forum_answer", "request", content=("POST.body",), word="said")), 3, "say"),
        _path("/write/*/", _asks(Post("forum_answer", "request", key=("POST.key",), content=("POST.body",), needs_content=True)), 0, "write"),
        _path("/tell/**", _asks(Post("forum_answer", "request", about=("POST.id",), word="none")), 0, "tell"),
        _path("/back/*/", Meaning(fate="background", post=Post("other", "request", word="back")), 1, "back"),
        _action("discuss", _asks(Post("forum_answer", "request", content=("POST.body",))), about=1, label="discuss"),
    ),
)
PEOPLE = Family(
    (
        _type("grade", Meaning(user=_USER, final_grade=("grade", "score.grade"))),
        _type("profile", Meaning(user=_USER, profile=True, staff=True)),
        _type("profile.own", Meaning("navigation", profile=True, page=("url", "page"), joins=True, panel=("new",))),
        _type("grade.of.own", Meaning(final_grade=(".",), profile=True)),
        _type("book.told", Meaning("book", panel=("new",), page=("url",), course=("course",))),
        _type("sequence.told", Meaning("navigation", panel=("new",), page=("url",))),
    )
)
FAMILIES = {f"invented {n}": f for n, f in {"submissions": SUBMISSIONS, "marks": MARKS, "answers": ANSWERS, "posts": POSTS, "people": PEOPLE}.items()}
