"""Account, profile and notifications."""

from functools import partial

from ._samples import BROWSER, COURSE, OUTSIDE
from ._spec import EventType, Meaning

_PROFILE = "source of the platform's account and profile pages"
_SIGN_IN = "source of the platform's sign-in"
_STUDENT = "source of the platform's student dashboard"
_NOTIFICATIONS = "source of the platform's notifications"

_OWN = Meaning(user=("user_id",))
# the account that was looked at, not who looked at it
_LOOK = Meaning()
_MAIL = Meaning(course=("course",))

# told by machines, of many people at once, or of the state of a password
_MACHINE = Meaning(fate="background")
_TO_ALL = Meaning(fate="background", course=("course_id",))
_TO_ONE = Meaning(fate="background", user=("user_id",))
_ABOUT_COURSE = Meaning(fate="background", course=("course_id",), user=("user_id",))

_browser = partial(EventType, envelope={**BROWSER, **OUTSIDE, "page": "https://profile.example.org/account/settings"})
_server = partial(EventType, envelope=OUTSIDE)

_NOTE = {"user_id": "1001", "course_id": COURSE}
_ROLES = {"user_forum_roles": ["Student"], "user_course_roles": []}
_KIND = {"notification_type": "new_response", "notification_app": "discussion"}

TYPES = (
    _browser("edx.user.settings.viewed", _LOOK, _PROFILE, "since 2015-04", example={"user_id": 1001, "page": "account", "visibility": None}),
    _server(
        "edx.user.settings.changed",
        Meaning(user=("user_id",), profile=True),
        _PROFILE,
        "since 2015-04",
        example={
            "user_id": 1001,
            "table": "auth_userprofile",
            "setting": "year_of_birth",
            "old": None,
            "new": 1990,
            "truncated": [],
        },
    ),
    _server(
        "edx.user.settings.change_initiated",
        _OWN,
        _PROFILE,
        "since 2015-04",
        example={"user_id": 1001, "setting": "password", "old": None, "new": None},
    ),
    EventType(
        "edx.profile.viewed",
        _LOOK,
        "source of the profile micro-frontend",
        "since 2019",
        example={"username": "peer"},
        envelope={**BROWSER, **OUTSIDE, "page": "https://profile.example.org/u/peer"},
    ),
    _server("edx.user.login", _OWN, _SIGN_IN, "since 2015", example={"user_id": 1001, "username": "learner", "is_new": False}),
    _server("edx.user.logout", _OWN, _SIGN_IN, "since 2015", example={"user_id": 1001}),
    EventType(
        "change-email-settings",
        _MAIL,
        _STUDENT,
        "since 2013-07",
        example={"receive_emails": "yes", "course": COURSE},
        envelope={"page": "dashboard", **OUTSIDE},
    ),
    EventType(
        "change-email1-settings",
        _MAIL,
        _STUDENT,
        "since 2013, of blocked enrolments",
        example={"receive_emails": "no", "course": COURSE},
        envelope={"page": "dashboard", **OUTSIDE},
    ),
    _server(
        "edx.bi.user.pwned.password.status",
        _MACHINE,
        _SIGN_IN,
        "since 2020",
        example={"pwned_password": False, "user_request_page": "login"},
    ),
    *(
        EventType(f"edx.notifications.{what}", meaning, _NOTIFICATIONS, "since 2023", example=example)
        for what, meaning, example in (
            ("generated", _TO_ALL, {"recipients_id": [1001, 1002], "course_id": COURSE, **_KIND}),
            ("read", _ABOUT_COURSE, {**_NOTE, **_ROLES, **_KIND, "notification_metadata": {"notification_id": 7}}),
            ("app_all_read", _TO_ONE, {"user_id": 1001, "notification_app": "discussion"}),
            ("preferences.viewed", _ABOUT_COURSE, {**_NOTE, **_ROLES}),
            ("preferences.updated", _ABOUT_COURSE, {**_NOTE, **_ROLES, **_KIND, "notification_channel": "email", "value": False}),
            ("tray_opened", _TO_ONE, {"user_id": 1001}),
        )
    ),
)
