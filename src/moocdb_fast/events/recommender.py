"""The resource recommender: links that learners propose, edit, vote on and flag."""

from typing import Any

from ._samples import BROWSER, block, inside
from ._spec import EventType, Meaning, Mode, Post, Question

_CODE = "source of the recommender block"

_SEEN = Meaning()


def _marks(word: str) -> Meaning:
    return Meaning(mode="collaborating", post=Post("other", about=("id",), word=word))


def _click(mode: Mode) -> Meaning:
    return Meaning(mode=mode, module=("element",))


_ADD = Meaning(mode="collaborating", post=Post("other", key=("id",), content=("title", "description", "url")))
_FLAG = Meaning(mode="feedback", questions=(Question("freeform", ("reason",), name="flag"),))

_ID = {"id": "resistors.example.org/colours"}
_LINK = {"title": "Colour codes", "url": "https://resistors.example.org/colours", "description": "How to read the rings"}
_VOTED = {**_ID, "oldVotes": 3, "newVotes": 4}
_ADDED = ("add_resource",)

# what the block tells, with an example and what must come before
_TOLD: tuple[tuple[str, Meaning, dict[str, Any], tuple[str, ...]], ...] = (
    ("add_resource", _ADD, {**_ID, **_LINK, "upvotes": 0, "downvotes": 0}, ()),
    ("edit_resource", _marks("edited"), {**_ID, **_LINK, "old_title": "Colours"}, _ADDED),
    ("recommender_upvote", _marks("up"), _VOTED, _ADDED),
    ("recommender_downvote", _marks("down"), {**_VOTED, "newVotes": 2}, _ADDED),
    ("flag_resource", _FLAG, {**_ID, "isProblematic": True, "reason": "The link is dead."}, ()),
    ("endorse_resource", _SEEN, {**_ID, "status": "endorsement", "reason": "Well explained"}, ()),
    ("remove_resource", _SEEN, {**_ID, "reason": "Outdated"}, ()),
    ("delete_resource", _SEEN, {**_ID, "reason": "Outdated"}, ()),
    ("export_resources", _SEEN, {"export": {}}, ()),
    ("import_resources", _SEEN, {"imported": {}}, ()),
    ("accum_flagged_resource", _SEEN, {"flagged_resources": {}}, ()),
    ("upload_screenshot", _SEEN, {"uploadedFileName": "fs://rings.png"}, ()),
    ("get_client_configuration", _SEEN, {"entries_per_page": 5}, ()),
    ("set_client_configuration", _SEEN, {"entries_per_page": 5}, ()),
)

_CLICKS: tuple[tuple[Mode, tuple[str, ...]], ...] = (
    ("collaborating", ("addResource", "editResource", "arrowUp", "arrowDown")),
    (
        "observing",
        (
            "backToView", "clickResource", "endorseResource", "exportResource", "flagResource", "hideShow", "hover", "importResource",
            "pagination", "removeResource",
        ),
    ),
)  # fmt: skip

TYPES = (
    *(
        EventType(name, meaning, _CODE, "since 2014", example=example, envelope=inside("recommender", "more_links"), after=after)
        for name, meaning, example, after in _TOLD
    ),
    *(
        EventType(
            f"mit.recommender.{what}",
            _click(mode),
            _CODE,
            "since 2014",
            example={"status": what, "element": block("recommender", "more_links"), "information": {}},
            envelope=BROWSER,
        )
        for mode, names in _CLICKS
        for what in names
    ),
)
