"""Lines of reading a course: pages, sequence tabs, videos, textbooks."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from .envelopes import Json
from .session import Session


def page_view(s: Session) -> str:
    """The learner opens a tab of a sequential; in the learning front end the request is that of the frame."""
    if s.dice.chance(0.5):
        s.go(s.dice.between(1, 3))
    vertical = s.vertical
    s.page = vertical.page
    if vertical.frame != vertical.page:
        return s.request(f"/xblock/{vertical.module.key}", get={"show_title": ["0"], "view": ["student_view"]})
    path = urlsplit(vertical.page).path
    return s.request(path, get={"activate_block_id": [vertical.module.key]} if s.era == "modern" and s.dice.chance(0.4) else {})


def page_close(s: Session) -> str:
    return s.browser("page_close", "{}", framed=False)


def _sequence(kind: str, name: str, move: Callable[[Session], int]) -> Callable[[Session], str]:
    def line(s: Session) -> str:
        old, tabs, key = s.vertical.panel, s.vertical.tabs, s.vertical.sequential.key
        s.page = s.vertical.page  # the event is posted by the page that is left
        new = old + move(s)
        if not 1 <= new <= tabs:
            new = tabs if new < 1 else 1
        payload: Json = {"old": old, "new": new, "id": key}
        if s.era == "modern":
            payload = {"current_tab": old, "tab_count": tabs, "widget_placement": s.dice.pick(("top", "bottom")), **payload}
            if kind == "seq_goto":
                payload["target_tab"] = new
        text = s.browser(kind, payload, name=name if s.era == "modern" else "", framed=False)
        s.go(new - old)
        s.page = s.vertical.page
        return text

    return line


seq_next = _sequence("seq_next", "edx.ui.lms.sequence.next_selected", lambda s: 1)
seq_prev = _sequence("seq_prev", "edx.ui.lms.sequence.previous_selected", lambda s: -1)
seq_goto = _sequence("seq_goto", "edx.ui.lms.sequence.tab_selected", lambda s: s.dice.between(-2, 3))


def goto_position(s: Session) -> str:
    return s.request(s.course.request(s.vertical.sequential, "goto_position"), post={"position": [str(s.vertical.panel)]})


def publish_completion(s: Session) -> str:
    return s.request(f"{s.course.root}/xblock/{s.vertical.module.key}/handler/publish_completion", post={'{"completion": 1}': [""]})


# Video


def _video(s: Session, **more: object) -> Json:
    video = s.vertical.video
    head: Json = {"id": video.html, "code": video.code} if s.era == "legacy" else {"duration": video.length, "code": video.code, "id": video.html}
    return {**head, **more}


def load_video(s: Session) -> str:
    return s.browser("load_video", _video(s))


def play_video(s: Session) -> str:
    if s.position > s.vertical.video.length - 20:
        s.position = 0.0
    more: Json = {"speed": s.speed} if s.era == "legacy" else {}
    return s.browser("play_video", _video(s, currentTime=s.position, **more))


def pause_video(s: Session) -> str:
    s.position = round(min(s.vertical.video.length, s.position + s.dice.real() * 120), 6)
    return s.browser("pause_video", _video(s, currentTime=s.position))


def stop_video(s: Session) -> str:
    position, s.position = float(s.vertical.video.length), 0.0
    return s.browser("stop_video", _video(s, currentTime=position))


def seek_video(s: Session) -> str:
    old, s.position = round(s.position + s.dice.real() * 30, 3), round(s.dice.real() * s.vertical.video.length, 2)
    return s.browser("seek_video", _video(s, old_time=old, new_time=s.position, type=s.dice.pick(("onSlideSeek", "onCaptionSeek"))))


def speed_change_video(s: Session) -> str:
    old, s.speed = s.speed, s.dice.pick(("0.75", "1.0", "1.25", "1.5", "2.0"))
    return s.browser("speed_change_video", _video(s, current_time=s.position, old_speed=old, new_speed=s.speed))


def show_transcript(s: Session) -> str:
    return s.browser("show_transcript", _video(s, current_time=s.position))


def hide_transcript(s: Session) -> str:
    return s.browser("hide_transcript", _video(s, current_time=s.position))


def save_user_state(s: Session) -> str:
    minutes, seconds = divmod(int(s.position), 60)
    return s.request(s.course.request(s.vertical.video, "save_user_state"), post={"saved_video_position": [f"00:{minutes:02d}:{seconds:02d}"]})


def mobile_play(s: Session) -> str:
    return s.mobile("play_video", "edx.video.played", _mobile(s, currentTime=s.position))


def mobile_pause(s: Session) -> str:
    s.position = round(s.position + s.dice.real() * 90, 3)
    text = s.mobile("pause_video", "edx.video.paused", _mobile(s, currentTime=s.position))
    s.go(1)
    s.position = 0.0
    return text


def mobile_seek(s: Session) -> str:
    old, s.position = s.position, max(0.0, round(s.position - 30, 3))
    more = {"old_time": old, "new_time": s.position, "type": "onSkipSeek", "requested_skip_interval": -30}
    return s.mobile("seek_video", "edx.video.position.changed", _mobile(s, **more))


def _mobile(s: Session, **more: object) -> Json:
    return {"code": "mobile", "id": s.vertical.video.html, **more}


# Textbooks


def book_page(s: Session) -> str:
    path = f"{s.course.root}/book/0/{s.dice.between(1, 300)}"
    s.page = f"https://courses.example.org{path}"
    return s.request(path)


def book(s: Session) -> str:
    old = s.dice.between(1, 300)
    how, new = s.dice.pick((("nextpage", old + 1), ("prevpage", old - 1 or 1), ("gotopage", s.dice.between(1, 300))))
    return s.browser("book", {"type": how, "old": old, "new": new}, framed=False)


def pdf_page(s: Session) -> str:
    path = f"{s.course.root}/pdfbook/0/chapter/{s.dice.between(1, 12)}/"
    s.page = f"https://courses.example.org{path}"
    return s.request(path)


def _pdf(s: Session, kind: str, **more: object) -> str:
    chapter = f"/static/textbook_{s.course.number}_ch{s.vertical.panel}.pdf"
    return s.browser(kind, {"name": kind, "chapter": chapter, "page": s.dice.between(1, 40), **more}, framed=False)


def pdf_navigated(s: Session) -> str:
    return _pdf(s, "textbook.pdf.page.navigated")


def pdf_scrolled(s: Session) -> str:
    return _pdf(s, "textbook.pdf.page.scrolled", direction=s.dice.pick(("up", "down")))


def pdf_zoom(s: Session) -> str:
    return _pdf(s, "textbook.pdf.zoom.buttons.changed", direction=s.dice.pick(("in", "out")))
