"""Lines around the course: other pages, forum, enrolment, polls, background requests, machines and authors."""

from __future__ import annotations

from .courses import SITE
from .envelopes import Json
from .session import Session

_TEXTS = (
    "This post is synthetic. I do not see why the current is zero in the second loop, could somebody explain?",
    "Ein künstlicher Beitrag: müsste hier nicht √2 stehen? — so steht es im Text der zweiten Woche. " * 4,
    "Une réponse inventée : « oui, c'est cela », d'après le chapitre 3.",
    "合成的帖子:第二题的答案是什么?",
    'A synthetic answer with "quotes", a back\\slash, a\ttab and\na new line. ' * 6,
)
_COURSE_PAGES = ("info", "progress", "courseware/", "discussion/forum", "wiki/synthetic/", "syllabus", "about", "about", "book/0/")
_SITE_REQUESTS = ("/event", "/jsi18n/", "/api/user/v1/preferences/me", "/static/images/logo.png", "/favicon.ico", "/user_api/v1/preferences/")
_SCANS = ("/phpmyadmin/index.php", "/wp-admin/setup.php", "/.env", "/cgi-bin/test.cgi", "/sql/index.php")


def dashboard(s: Session) -> str:
    s.page = f"https://{SITE}/dashboard"
    return s.request("/dashboard")


def course_page(s: Session) -> str:
    path = f"{s.course.root}/{s.dice.pick(_COURSE_PAGES)}"
    s.page = f"https://{SITE}{path}"
    return s.request(path)


def about_page(s: Session) -> str:
    return s.request(s.dice.pick((f"{s.course.root}/about", "/courses", "/about", "/faq", "/tos")), get={"utm_source": ["synthetic"]})


def site_request(s: Session) -> str:
    return s.request(s.dice.pick(_SITE_REQUESTS))


def logout(s: Session) -> str:
    return s.request("/logout")


def enrol_request(s: Session) -> str:
    return s.request("/change_enrollment", post={"course_id": [s.course.id], "enrollment_action": ["enroll"]})


def enrolled(s: Session) -> str:
    payload = {"course_id": s.course.id, "user_id": s.person.user_id, "mode": s.dice.pick(("audit", "honor", "verified"))}
    return s.server("edx.course.enrollment.activated", payload, "/change_enrollment")


# Forum


def _forum(s: Session) -> str:
    return f"{s.course.root}/discussion/forum"


def _thread(s: Session) -> tuple[str, str]:
    """A thread, more likely a new one."""
    threads = s.course.threads
    r = s.dice.real()
    return threads[len(threads) - 1 - int(r * r * len(threads))]


def _post(s: Session, topic: str, post_id: str) -> Json:
    page = f"https://{SITE}{_forum(s)}/{topic}/threads/{post_id}"
    roles: Json = {"user_forums_roles": ["Student"], "user_course_roles": []}
    return {"id": post_id, "commentable_id": topic, "category_id": topic, "category_name": "Synthetic topics / General", "url": page, **roles}


def forum_page(s: Session) -> str:
    s.page = f"https://{SITE}{_forum(s)}"
    return s.request(_forum(s))


def thread_page(s: Session) -> str:
    topic, thread = _thread(s)
    s.post_id = thread
    path = f"{_forum(s)}/{topic}/threads/{thread}"
    s.page = f"https://{SITE}{path}"
    return s.request(path, get={"ajax": ["1"], "resp_skip": ["0"], "resp_limit": ["25"]})


def forum_search(s: Session) -> str:
    query = s.dice.pick(("week 2", "Übung", "deadline"))
    payload = {"query": query, "page": 1, "total_results": s.dice.below(40), "corrected_text": None, "group_id": None}
    return s.server("edx.forum.searched", payload, f"{_forum(s)}/search")


def thread_viewed(s: Session) -> str:
    topic, thread = _thread(s)
    payload = {**_post(s, topic, thread), "title": "Synthetic title", "title_truncated": False, "target_username": f"learner{s.dice.below(900):06d}"}
    return s.server("edx.forum.thread.viewed", payload, f"{_forum(s)}/{topic}/threads/{thread}")


def post_request(s: Session) -> str:
    body = s.dice.pick(_TEXTS)
    if s.dice.chance(0.5):
        topic, s.post_id = s.course.threads[0][0], s.dice.hex(24)
        s.course.threads.append((topic, s.post_id))
        post: Json = {"title": ["Synthetic title"], "body": [body], "anonymous": ["false"], "auto_subscribe": ["true"]}
        return s.request(f"{s.course.root}/discussion/{topic}/threads/create", post=post)
    _, thread = _thread(s)
    s.post_id = s.dice.hex(24)
    return s.request(f"{s.course.root}/discussion/threads/{thread}/reply", post={"body": [body]})


def post_created(s: Session) -> str:
    topic, thread = s.course.threads[-1]
    kind = "thread" if thread == s.post_id else "response"
    more: Json = {"body": s.dice.pick(_TEXTS), "truncated": False, "options": {"followed": True}}
    more |= {"title": "Synthetic title", "anonymous": False, "thread_type": "question"} if kind == "thread" else {"discussion": {"id": thread}}
    payload = {**_post(s, topic, s.post_id or thread), **more}
    return s.server(f"edx.forum.{kind}.created", payload, f"{s.course.root}/discussion/threads/{thread}/reply")


def vote_request(s: Session) -> str:
    return s.request(f"{s.course.root}/discussion/threads/{_thread(s)[1]}/upvote")


def voted(s: Session) -> str:
    topic, thread = _thread(s)
    return s.server("edx.forum.thread.voted", {**_post(s, topic, thread), "vote_value": "up", "undo_vote": False}, f"{_forum(s)}/{thread}/upvote")


# Other named events


def _links(s: Session, **more: object) -> Json:
    return {"current_url": s.vertical.page, "target_url": f"https://{SITE}{s.course.root}/jump_to/{s.vertical.sequential.key}", **more}


def link_clicked(s: Session) -> str:
    return s.browser("edx.ui.lms.link_clicked", _links(s), framed=False)


def outline_selected(s: Session) -> str:
    more = {"target_name": s.vertical.sequential.title, "widget_placement": "accordion"}
    return s.browser("edx.ui.lms.outline.selected", _links(s, **more), framed=False)


def bookmark(s: Session) -> str:
    key = s.vertical.module.key
    payload = {"bookmark_id": f"{s.person.name},{key}", "component_type": "vertical", "component_usage_id": key, "course_id": s.course.id}
    return s.server("edx.bookmark.added", payload, "/api/bookmarks/v1/bookmarks/")


def completion(s: Session) -> str:
    payload = {"user_id": s.person.user_id, "course_id": s.course.id, "block_id": s.vertical.video.key, "completion": 1.0}
    return s.server("edx.completion.block_completion.changed", payload, f"{s.course.root}/xblock/{s.vertical.module.key}/handler/publish_completion")


def poll(s: Session) -> str:
    block = s.course.module("poll", s.vertical.sequential.html, "Synthetic poll")
    payload = {"url_name": block.html, "choice": s.dice.pick("RBGO"), "question": "Which synthetic colour do you like?"}
    return s.server("xblock.poll.submitted", payload, f"{s.course.root}/xblock/{block.key}/handler/vote", module=block)


def custom_block(s: Session) -> str:
    """An event type nobody has declared: courses bring their own blocks."""
    kind = f"edx.synthetic.{s.course.number.lower()}.block{s.vertical.panel}.used"
    return s.browser(kind, {"value": s.dice.below(100), "event_type": "not_the_envelope", "time": "nor this"})


# Machines and authors


def heartbeat(s: Session) -> str:
    return s.request("/heartbeat", kind="heartbeat")


def crawl(s: Session) -> str:
    return s.request(s.dice.pick((f"{s.course.root}/about", "/courses", "/robots.txt")), kind="crawl")


def scan(s: Session) -> str:
    return s.request(s.dice.pick(_SCANS), kind="scan")


def studio(s: Session) -> str:
    s.go(1)
    video = s.vertical.video.key
    key = s.vertical.module.key
    return s.request(s.dice.pick((f"/course/{s.course.id}", f"/container/{key}", f"/xblock/{key}/student_view/", f"/xblock/{video}/studio_view/")))
