"""Forum: posts, votes, edits and reports, views; before 2015 the requests that posted are their only record."""

from functools import partial

from ._samples import course_page, course_path
from ._spec import MIDDLEWARE, EventType, Meaning, PathPattern, Paths, Post, PostType

_DOC = "edX research guide, student event types: discussion forum events"
_NEW = "Open edX documentation, student event types: discussion forum events"

_URL = ("url",)
_VIEW = Meaning(page=_URL)

# what was done to a post, and the word for it
_MARKS = ("edited", "deleted", "reported", "unreported")
_REQUESTED_MARKS = {"update": "edited", "delete": "deleted", "flagAbuse": "reported", "unFlagAbuse": "unreported"}
_REQUESTED_VOTES = {"upvote": "up", "downvote": "down", "unvote": "unvote"}


def _post(type: PostType, *content: str, about: Paths, key: Paths = (), undo: Paths = (), word: str = "") -> Meaning:
    return Meaning(mode="collaborating", page=_URL, post=Post(type, key=key, about=about, content=content, undo=undo, word=word))


_VOTE = _post("forum_vote", "vote_value", about=("id",), undo=("undo_vote",), word="up")

# examples: a thread, a response to it, a comment on that

_IDS = {"thread": "65e5a1b0c3d4e5f60718293a", "response": "65e5a2b1c3d4e5f60718293b", "comment": "65e5a3b2c3d4e5f60718293c"}
_CONTENT_TYPES = {"thread": "Post", "response": "Response", "comment": "Comment"}


def _about(what: str, **fields: object) -> dict[str, object]:
    return {
        "id": _IDS[what],
        "commentable_id": "general",
        "category_name": "General",
        "url": course_page(f"discussion/forum/general/threads/{_IDS['thread']}"),
        "user_forums_roles": ["Student"],
        "user_course_roles": [],
        **fields,
    }


_OPTIONS = {"options": {"followed": True}, "truncated": False}
_THREAD = _about("thread", title="Kirchhoff", body="Which way does the current flow?", thread_type="question", group_id=None, **_OPTIONS)
_RESPONSE = _about("response", body="From plus to minus.", discussion={"id": _IDS["thread"]}, **_OPTIONS)
_COMMENT = _about("comment", body="By convention.", discussion={"id": _IDS["thread"]}, response={"id": _IDS["response"]}, **_OPTIONS)
_VIEWED = _about("thread", title="Kirchhoff", target_username="classmate")


def _created(what: str) -> tuple[str, ...]:
    return tuple(f"edx.forum.{w}.created" for w in list(_IDS)[: list(_IDS).index(what) + 1])


TYPES = (
    EventType(
        "edx.forum.thread.created",
        _post("forum_question", "title", "body", key=("id",), about=("commentable_id",)),
        _DOC,
        "since 2015-03-05",
        example=_THREAD,
    ),
    EventType(
        "edx.forum.response.created",
        _post("forum_answer", "body", key=("id",), about=("discussion.id",)),
        _DOC,
        "since 2015-03-05",
        example=_RESPONSE,
        after=_created("thread"),
    ),
    EventType(
        "edx.forum.comment.created",
        _post("forum_comment", "body", key=("id",), about=("response.id",)),
        _DOC,
        "since 2015-03-05",
        example=_COMMENT,
        after=_created("response"),
    ),
    *(
        EventType(
            f"edx.forum.{what}.voted",
            _VOTE,
            _DOC,
            "since 2015-12-01",
            example=_about(what, target_username="classmate", vote_value="up", undo_vote=False),
            after=_created(what),
        )
        for what in ("thread", "response")
    ),
    *(
        EventType(
            f"edx.forum.{what}.{mark}",
            _post("other", about=("id",), word=mark),
            _NEW,
            "since 2022",
            example=_about(what, target_username="classmate", content_type=_CONTENT_TYPES[what]),
            after=_created(what),
        )
        for what in _IDS
        for mark in _MARKS
    ),
    EventType("edx.forum.thread.viewed", _VIEW, _DOC, "since 2017-07-12", example=_VIEWED),
    *(EventType(f"edx.forum.thread.{what}", _VIEW, _NEW, "since 2022", example=_VIEWED) for what in ("locked", "unlocked")),
    # its `page` is the number of the page of results
    EventType(
        "edx.forum.searched",
        Meaning(),
        _DOC,
        "since 2014-05-16",
        example={"query": "current", "page": 0, "total_results": 1, "corrected_text": None, "group_id": None},
    ),
)


_SAID = {"POST.title": "Kirchhoff", "POST.body": "Which way does the current flow?"}


def _request(type: PostType, path: str, label: str, *content: str, about: int = 2, word: str = "", era: str = "since 2012") -> PathPattern:
    sample = path.replace("*/threads/create", "general/threads/create").replace("threads/*", f"threads/{_IDS['thread']}")
    fields = {field.removeprefix("POST."): [_SAID[field]] for field in content}
    return PathPattern(
        Meaning(mode="collaborating", post=Post(type, "request", content=content, word=word)),
        MIDDLEWARE,
        pattern=f"/courses/**/discussion/{path}/",
        about=about,
        label=label,
        era=era,
        path=course_path(f"discussion/{sample.replace('comments/*', 'comments/' + _IDS['response'])}"),
        example={"POST": fields, "GET": {}},
    )


_until_2015 = partial(_request, era="since 2012; until 2015-03-05 the only record")

PATHS = (
    _until_2015("forum_question", "*/threads/create", "forum_thread_create", "POST.title", "POST.body", about=3),
    _until_2015("forum_answer", "threads/*/reply", "forum_thread_reply", "POST.body"),
    _until_2015("forum_comment", "comments/*/reply", "forum_comment_reply", "POST.body"),
    *(
        _request("forum_vote", f"{what}s/*/{verb}", f"forum_{what}_{verb}", word=word, era="since 2012; until 2015-12-01 the only record")
        for what in ("thread", "comment")
        for verb, word in _REQUESTED_VOTES.items()
    ),
    *(
        _request("other", f"{what}s/*/{verb}", f"forum_{what}_{verb}", word=word, era="since 2012; until 2022 the only record")
        for what in ("thread", "comment")
        for verb, word in _REQUESTED_MARKS.items()
    ),
)
