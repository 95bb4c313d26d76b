"""Teams and cohorts."""

from ._samples import BROWSER, STAFF, course_page
from ._spec import EventType, Meaning, Post

_TEAMS = "edX research guide, student event types: teams-related events"
_COHORTS = "edX research guide, student event types: student cohort events"
_STAFF_COHORTS = "edX research guide, course team event types: cohort events"
_PROSE = "; the other name only in the prose of the guide of 2015"
_SINCE = "since 2015-09-16"

_TOGETHER = Meaning(mode="collaborating")
_MEMBER = Meaning(mode="collaborating", user=("user_id",))
_COHORT_MEMBER = Meaning(user=("user_id",))

_TEAM = {"team_id": "ohm-4f2a"}
_COHORT = {"cohort_id": 12, "cohort_name": "Evening group"}

TYPES = (
    EventType(
        "edx.team.created",
        Meaning(mode="collaborating", post=Post("other", key=("team_id",), word="team created")),
        _TEAMS,
        _SINCE,
        example=_TEAM,
    ),
    EventType("edx.team.deleted", _TOGETHER, _TEAMS, _SINCE, example=_TEAM),
    EventType(
        "edx.team.changed",
        _TOGETHER,
        _TEAMS,
        _SINCE + _PROSE,
        ("edx.team.team_changed",),
        example={**_TEAM, "field": "description", "old": "", "new": "We meet on Mondays.", "truncated": []},
    ),
    EventType("edx.team.activity_updated", _TOGETHER, _TEAMS, _SINCE, example=_TEAM),
    EventType("edx.team.learner_added", _MEMBER, _TEAMS, _SINCE, example={**_TEAM, "user_id": 1001, "add_method": "joined_from_team_view"}),
    EventType(
        "edx.team.learner_removed",
        _MEMBER,
        _TEAMS,
        _SINCE + _PROSE,
        ("edx.team.learner_deleted",),
        example={**_TEAM, "user_id": 1001, "remove_method": "self_removal"},
    ),
    EventType(
        "edx.team.page_viewed",
        Meaning(),
        _TEAMS,
        _SINCE,
        example={**_TEAM, "page_name": "single-team", "topic_id": "circuits"},
        envelope={**BROWSER, "page": course_page("teams/")},
    ),
    EventType("edx.team.searched", Meaning(), _TEAMS, _SINCE, example={"search_text": "evening", "topic_id": "circuits", "number_of_results": 1}),
    EventType("edx.cohort.created", Meaning(), _COHORTS, "since 2014-10-07", example=_COHORT),
    EventType("edx.cohort.user_added", _COHORT_MEMBER, _COHORTS, "since 2014-10-07", example={**_COHORT, "user_id": 1001}),
    EventType("edx.cohort.user_removed", _COHORT_MEMBER, _COHORTS, "since 2014-10-07", example={**_COHORT, "user_id": 1001}),
    EventType("edx.cohort.creation_requested", Meaning(staff=True), _STAFF_COHORTS, "since 2014-10-07", example=_COHORT, envelope=STAFF),
    EventType(
        "edx.cohort.user_add_requested",
        Meaning(user=("user_id",), staff=True),
        _STAFF_COHORTS,
        "since 2014-10-07",
        example={**_COHORT, "user_id": 1001, "previous_cohort_id": None, "previous_cohort_name": None},
        envelope=STAFF,
    ),
)
