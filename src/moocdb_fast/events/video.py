"""Video: the player's own events, web and mobile."""

from ._spec import Clicks, EventType, Meaning

_DOC = "edX research guide, student event types: video interaction events"
_PLAYER = Meaning(kind="video", module=("id", "module_id"), category="video", clicks=Clicks())

TYPES = (
    EventType("load_video", _PLAYER, _DOC, also=("edx.video.loaded",)),
    EventType("play_video", _PLAYER, _DOC, also=("edx.video.played",)),
    EventType("pause_video", _PLAYER, _DOC, also=("edx.video.paused",)),
    EventType("stop_video", _PLAYER, _DOC, also=("edx.video.stopped",)),
    EventType("complete_video", _PLAYER, _DOC, also=("edx.video.completed",)),
    EventType("seek_video", _PLAYER, _DOC, also=("edx.video.position.changed", "edx.video.seeked")),
    EventType("speed_change_video", _PLAYER, _DOC, also=("edx.video.speed.changed",)),
    EventType("fullscreen", _PLAYER, _DOC, also=("video_fullscreen", "edx.video.fullscreen")),
    EventType("not_fullscreen", _PLAYER, _DOC, also=("edx.video.not_fullscreen",)),
    EventType("show_transcript", _PLAYER, _DOC, also=("edx.video.transcript.shown",)),
    EventType("hide_transcript", _PLAYER, _DOC, also=("edx.video.transcript.hidden",)),
    EventType("edx.video.closed_captions.shown", _PLAYER, _DOC),
    EventType("edx.video.closed_captions.hidden", _PLAYER, _DOC),
    EventType("video_show_cc_menu", _PLAYER, _DOC, also=("edx.video.language_menu.shown",)),
    EventType("video_hide_cc_menu", _PLAYER, _DOC, also=("edx.video.language_menu.hidden",)),
)
