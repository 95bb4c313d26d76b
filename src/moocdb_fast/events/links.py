"""What course authors' own scripts log, and failures of the platform that look like events."""

from ._samples import BROWSER
from ._spec import EventType, Meaning

_SCRIPT = "scripts of course authors, seen in logs; their payloads are free"

TYPES = (
    EventType("harvardx.button", Meaning(), _SCRIPT, "since 2014", example={"button": "show-hint"}, envelope=BROWSER),
    EventType("harvardx.video_embedded", Meaning(), _SCRIPT, "since 2014", example={"id": "welcome", "action": "play"}, envelope=BROWSER),
    EventType(
        "**.hxjs",
        Meaning(),
        _SCRIPT,
        "since 2014",
        label="*.hxjs",
        example={"slide": 2},
        envelope={**BROWSER, "event_type": "slideshow.hxjs"},
    ),
    EventType(
        "error:calc",
        Meaning(fate="background"),
        "source of the platform's calculator",
        "since 2012",
        example={"error": "Error converting", "equation": "1+"},
    ),
)
