"""Randomised content: what of a library a learner is given, and to which group of an A/B test they belong."""

from typing import Any

from ._samples import block, inside
from ._spec import EventType, Meaning

_LIBRARY = "edX research guide, student event types: library interaction events"
_BANK = "source of the platform's item bank block"
_TESTS = "edX research guide, student event types: A/B test events"
_SHORT = "since 2014-03-12; the short name in the first guide"

_GIVEN = Meaning(module=("location",))
_RENDERED = Meaning(module=("child_id", "child-id"))

_DRAWN = {"usage_key": block("problem", "ohms_law"), "original_usage_key": "lib-block-v1:Example+Bank+type@problem+block@ohms_law", "descendants": []}


def _content(category: str, change: str, **more: str) -> dict[str, Any]:
    result = [] if change == "removed" else [_DRAWN]
    return {"location": block(category, "one_of_ten"), "max_count": 1, "previous_count": 1 - len(result), "result": result, change: [_DRAWN], **more}


TYPES = (
    *(
        EventType(
            f"edx.{name}.content.{what}",
            _GIVEN,
            doc,
            era,
            example=_content(category, change, **more),
            envelope=inside(category, "one_of_ten"),
        )
        for name, category, doc, era in (
            ("librarycontentblock", "library_content", _LIBRARY, "since 2015-03-18"),
            ("itembankblock", "itembank", _BANK, "since 2024"),
        )
        for what, change, more in (("assigned", "added", {}), ("removed", "removed", {"reason": "overlimit"}))
    ),
    EventType(
        "xmodule.partitions.assigned_user_to_partition",
        Meaning(),
        _TESTS,
        _SHORT,
        ("assigned_user_to_partition",),
        example={"group_id": 1, "group_name": "Group B", "partition_id": 0, "partition_name": "Two ways to explain"},
        envelope=inside("split_test", "two_ways"),
    ),
    EventType(
        "xblock.split_test.child_render",
        _RENDERED,
        _TESTS,
        _SHORT + "; until 2014-10-16 with child-id",
        ("child_render",),
        example={"child_id": block("vertical", "way_b")},
        envelope=inside("split_test", "two_ways"),
    ),
)
