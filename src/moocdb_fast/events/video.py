"""Video: the player's own events, web and mobile, and those of the short film that may come before (the bumper)."""

from functools import partial

from ._samples import BROWSER, BROWSER_2013
from ._spec import Clicks, EventType, Meaning

_DOC = "edX research guide, student event types: video interaction events"
_BUMPER_DOC = "edX research guide, student event types: pre-roll video interaction events"
_OLD = "edX research guide, editions of 2013 and 2014: video interaction events"
_CODE = "source of the platform's video block"

# `module_id` is the whole key (mobile); `id` its html form or its name
_MODULE = ("module_id", "id")
_PLAYER = Meaning(kind="video", module=_MODULE, category="video", clicks=Clicks())
_SETTING = Meaning(kind="video", module=_MODULE, category="video")
# the block that follows is the module; which film it was says `bumper_id`
_BUMPER = Meaning(kind="video", module=("host_component_id",), category="video", clicks=Clicks(code=("bumper_id", "code")))

_event = partial(EventType, envelope=BROWSER)

_MOBILE = "; mobile names since 2014-12-23"
_VIDEO = {"id": "ohms_law_lecture", "code": "html5", "duration": 312.5}
_AT = {**_VIDEO, "currentTime": 31.2}
_SINCE = {**_VIDEO, "current_time": 31.2}
_VIDEO_2013 = {"id": "i4x-Example-MOOC-video-ohms_law_lecture", "code": "html5", "currentTime": 31.2}
_BEFORE = {"bumper_id": "https://videos.example.org/welcome.mp4", "code": "html5", "duration": 12, "host_component_id": "ohms_law_lecture"}

TYPES = (
    _event("load_video", _PLAYER, _DOC, "since 2012" + _MOBILE, ("edx.video.loaded",), example=_VIDEO),
    _event("play_video", _PLAYER, _DOC, "since 2012" + _MOBILE, ("edx.video.played",), example=_AT),
    _event("pause_video", _PLAYER, _DOC, "since 2012" + _MOBILE, ("edx.video.paused",), example=_AT),
    _event("stop_video", _PLAYER, _DOC, "since 2014-06-25" + _MOBILE, ("edx.video.stopped",), example=_AT),
    _event(
        "complete_video",
        _PLAYER,
        "source of the video block's completion add-on",
        "since 2020, where the add-on is on",
        ("edx.video.completed",),
        example=_AT,
    ),
    _event(
        "seek_video",
        _PLAYER,
        _DOC,
        "since 2013-06-05; edx.video.seeked on phones from 2014-12 to 2015-02",
        ("edx.video.position.changed", "edx.video.seeked"),
        example={**_VIDEO, "old_time": 31.2, "new_time": 118.0, "type": "onSlideSeek"},
    ),
    _event(
        "speed_change_video",
        _PLAYER,
        _DOC,
        "since 2013-06-05; before 2014-02-12 only from the menu",
        ("edx.video.speed.changed",),
        example={**_SINCE, "old_speed": "1.0", "new_speed": "1.25"},
    ),
    _event(
        "show_transcript",
        _PLAYER,
        _DOC,
        "since 2013-06-11" + _MOBILE,
        ("edx.video.transcript.shown", "edx.video.transcript.show.clicked"),
        example=_SINCE,
    ),
    _event(
        "hide_transcript",
        _PLAYER,
        _DOC,
        "since 2013-06-11" + _MOBILE,
        ("edx.video.transcript.hidden", "edx.video.transcript.hide.clicked"),
        example=_SINCE,
    ),
    _event("edx.video.closed_captions.shown", _PLAYER, _DOC, "since 2016-05-05", example=_SINCE),
    _event("edx.video.closed_captions.hidden", _PLAYER, _DOC, "since 2016-05-05", example=_SINCE),
    _event(
        "video_show_cc_menu",
        _PLAYER,
        _DOC,
        "since 2015-02-17; until 2016-05-05 also when the pointer only passed over it",
        ("edx.video.language_menu.shown",),
        example=_SINCE,
    ),
    _event(
        "video_hide_cc_menu",
        _PLAYER,
        _DOC,
        "since 2015-02-17",
        ("edx.video.language_menu.hidden",),
        example={**_SINCE, "language": "en"},
    ),
    _event(
        "fullscreen",
        _PLAYER,
        _OLD,
        "2013-06-11 to about 2015",
        ("video_fullscreen", "edx.video.fullscreen"),
        example=_VIDEO_2013,
        envelope=BROWSER_2013,
    ),
    _event("not_fullscreen", _PLAYER, _OLD, "2013-06-11 to about 2015", ("edx.video.not_fullscreen",), example=_VIDEO_2013, envelope=BROWSER_2013),
    _event("auto_advance_change_video", _SETTING, _CODE, "since 2017", example={**_VIDEO, "enabled": True}),
    _event("edx.video.bumper.loaded", _BUMPER, _BUMPER_DOC, "since 2015-06-10", example=_BEFORE),
    *(
        _event(f"edx.video.bumper.{what}", _BUMPER, _BUMPER_DOC, "since 2015-06-10", also, example={**_BEFORE, "currentTime": 3.4})
        for what, also in (
            ("played", ()),
            ("stopped", ()),
            ("skipped", ("skip_video",)),
            ("dismissed", ("do_not_show_again_video",)),
            ("transcript.shown", ()),
            ("transcript.hidden", ()),
            ("transcript.menu.shown", ()),
            ("transcript.menu.hidden", ()),
        )
    ),
)
