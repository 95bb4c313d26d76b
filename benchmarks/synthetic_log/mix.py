"""What learners do, declared: from this table the generator draws, and from it the expected shares follow.

A session is its `first` steps, then 2 to 18 actions drawn by weight, then its `last` steps. An action is a row of steps; a
step writes lines of one kind, `mean` of them on average, each after a pause. Kinds are rendered by the functions of the same
name in `study.py`, `problems.py` and `site.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from .courses import Era

FEWEST_ACTIONS, MOST_ACTIONS = 2, 18
_MEAN_ACTIONS = (FEWEST_ACTIONS + MOST_ACTIONS) / 2


@dataclass(frozen=True, slots=True)
class Step:
    """`mean` lines of a kind, each `pause` seconds (on average) after the line before it."""

    kind: str
    mean: float = 1.0
    pause: float = 0.3


@dataclass(frozen=True, slots=True)
class Action:
    """Something a learner does in one go."""

    weight: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A kind of session: `weight` is its share of the sessions."""

    name: str
    weight: float
    first: tuple[Step, ...]
    actions: tuple[Action, ...]
    last: tuple[Step, ...] = ()


def _tabs(*more: Step) -> tuple[Action, ...]:
    """A tab of a sequence opens: the browser's event, the server's copy, and what the page loads."""
    loads = (Step("goto_position", 0.95), Step("load_video", 0.6), Step("problem_get", 0.7), *more)
    return tuple(Action(weight, (Step(kind, 1, 25), *loads)) for kind, weight in (("seq_next", 7), ("seq_goto", 4.5), ("seq_prev", 1.5)))


_OPEN_PAGE = Action(
    7,
    (
        Step("page_close", 0.6, 15),
        Step("page_view", 1, 2),
        Step("site_request", 0.25),
        Step("load_video", 0.7),
        Step("problem_get", 0.9),
    ),
)
_WATCH = Action(
    9,
    (
        Step("play_video", 1, 8),
        Step("show_transcript", 0.08, 3),
        Step("hide_transcript", 0.04, 4),
        Step("speed_change_video", 0.12, 10),
        Step("seek_video", 0.45, 25),
        Step("play_video", 0.2, 1),
        Step("pause_video", 0.95, 90),
        Step("save_user_state", 1.1),
        Step("stop_video", 0.15, 0.1),
    ),
)
_CHECK_FRONT = (Step("browser_check", 1, 60), Step("request_check", 1, 0.1), Step("server_check", 1, 0.1))
_SAVE = Action(0.5, (Step("browser_save", 1, 40), Step("request_save", 1, 0.1), Step("server_save", 0.9, 0.1), Step("server_save_fail", 0.05, 0.1)))
_RESET = Action(0.3, (Step("browser_reset", 1, 20), Step("request_reset", 1, 0.1), Step("server_reset", 0.95, 0.1)))
_ANSWER = Action(0.8, (Step("problem_show", 1, 30), Step("request_show", 1, 0.1), Step("showanswer", 1, 0.1)))
_FORUM_PAGES = (Step("forum_page", 1, 10), Step("thread_page", 1.4, 12), Step("forum_search", 0.08, 8))
_VISIT = (Step("dashboard", 1, 3), Step("enrol_request", 0.1, 4), Step("enrolled", 0.1, 0.2), Step("course_page", 1, 5), Step("page_view", 1, 6))
_LEAVE = (Step("page_close", 0.8, 10), Step("logout", 0.1, 5))
_LOOK_AROUND = Action(1, (Step("course_page", 1, 15), Step("dashboard", 0.3, 5)))
_BACKGROUND = Action(2, (Step("site_request", 2, 6),))

LEGACY = (
    Visitor(
        "learner",
        0.93,
        _VISIT,
        (
            _OPEN_PAGE,
            *_tabs(),
            _WATCH,
            Action(6, (*_CHECK_FRONT, Step("problem_graded", 1, 0.3))),
            _SAVE,
            _RESET,
            _ANSWER,
            Action(1, (Step("book_page", 1, 8), Step("book", 2, 40))),
            Action(2, (*_FORUM_PAGES, Step("post_request", 0.25, 60), Step("vote_request", 0.2, 6))),
            _LOOK_AROUND,
            _BACKGROUND,
        ),
        _LEAVE,
    ),
    Visitor("anonymous", 0.04, (), (Action(1, (Step("about_page", 1, 20), Step("site_request", 0.5, 1))),)),
    Visitor("machine", 0.03, (), (Action(4, (Step("heartbeat", 3, 30),)), Action(1, (Step("crawl", 1, 60),)), Action(0.3, (Step("scan", 2, 1),)))),
)

MODERN = (
    Visitor(
        "learner",
        0.88,
        _VISIT,
        (
            _OPEN_PAGE,
            *_tabs(Step("publish_completion", 0.2, 2)),
            _WATCH,
            Action(6, (*_CHECK_FRONT, Step("grade_submitted", 0.9, 0.1), Step("problem_graded", 1, 0.3))),
            _SAVE,
            _RESET,
            _ANSWER,
            Action(0.4, (Step("hint_request", 1, 20), Step("hint_displayed", 1, 0.1))),
            Action(0.6, (Step("pdf_page", 1, 8), Step("pdf_navigated", 1.5, 30), Step("pdf_scrolled", 1, 20), Step("pdf_zoom", 0.2, 10))),
            Action(
                1.5,
                (
                    *_FORUM_PAGES,
                    Step("thread_viewed", 1, 0.2),
                    Step("post_request", 0.25, 60),
                    Step("post_created", 0.25, 0.2),
                    Step("vote_request", 0.2, 6),
                    Step("voted", 0.2, 0.2),
                ),
            ),
            Action(1, (Step("link_clicked", 0.5, 10), Step("outline_selected", 0.5, 10), Step("bookmark", 0.2, 5), Step("completion", 0.5, 2))),
            Action(0.4, (Step("poll", 1, 30), Step("custom_block", 1, 10))),
            _LOOK_AROUND,
            _BACKGROUND,
        ),
        _LEAVE,
    ),
    Visitor("mobile", 0.05, (), (Action(1, (Step("mobile_play", 1, 20), Step("mobile_seek", 0.5, 30), Step("mobile_pause", 1, 60))),)),
    Visitor("anonymous", 0.03, (), (Action(1, (Step("about_page", 1, 20), Step("site_request", 0.5, 1))),)),
    Visitor("machine", 0.03, (), (Action(4, (Step("heartbeat", 3, 30),)), Action(1, (Step("crawl", 1, 60),)), Action(0.3, (Step("scan", 2, 1),)))),
    Visitor("author", 0.01, (), (Action(1, (Step("studio", 2, 20),)),)),
)

VISITORS: dict[Era, tuple[Visitor, ...]] = {"legacy": LEGACY, "modern": MODERN}

GROUPS = {
    "page views": ("page_view", "course_page", "dashboard", "about_page", "book_page", "pdf_page", "forum_page", "thread_page"),
    "sequence navigation": ("seq_next", "seq_prev", "seq_goto"),
    "server copies of navigation": ("goto_position",),
    "page_close": ("page_close",),
    "video": (
        "load_video", "play_video", "pause_video", "stop_video", "seek_video", "speed_change_video", "show_transcript", "hide_transcript",
    ),
    "mobile video": ("mobile_play", "mobile_pause", "mobile_seek"),
    "problem check, browser": ("browser_check",),
    "problem check, request": ("request_check",),
    "problem check, server": ("server_check",),
    "problem_graded": ("problem_graded",),
    "save and reset": ("browser_save", "request_save", "server_save", "server_save_fail", "browser_reset", "request_reset", "server_reset"),
    "answers and hints": ("problem_show", "request_show", "showanswer", "hint_request", "hint_displayed"),
    "problem_get": ("problem_get",),
    "textbook": ("book", "pdf_navigated", "pdf_scrolled", "pdf_zoom"),
    "forum": ("forum_search", "thread_viewed", "post_request", "post_created", "vote_request", "voted"),
    "enrolment": ("enrolled",),
    "background, machines, authors": (
        "site_request", "save_user_state", "publish_completion", "enrol_request", "logout", "heartbeat", "scan", "studio", "crawl",
    ),
    "other named events": ("grade_submitted", "link_clicked", "outline_selected", "bookmark", "completion", "poll", "custom_block"),
}  # fmt: skip


def declared_shares(era: Era) -> dict[str, float]:
    """The expected share of lines by kind, as the tables above imply it."""
    lines: dict[str, float] = {}
    for visitor in VISITORS[era]:
        total = sum(a.weight for a in visitor.actions)
        for step, times in (
            *((s, 1.0) for s in (*visitor.first, *visitor.last)),
            *((s, _MEAN_ACTIONS * a.weight / total) for a in visitor.actions for s in a.steps),
        ):
            lines[step.kind] = lines.get(step.kind, 0.0) + visitor.weight * times * step.mean
    total = sum(lines.values())
    return {kind: count / total for kind, count in sorted(lines.items(), key=lambda item: -item[1])}


def declared_groups(era: Era) -> dict[str, float]:
    """The same by group."""
    shares = declared_shares(era)
    return {group: sum(shares.get(kind, 0.0) for kind in kinds) for group, kinds in GROUPS.items()}
