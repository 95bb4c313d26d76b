"""Request paths: what is a page view, and what only looks like one.

Order matters: the first pattern that matches decides; a path that none matches is a page view.
"""

from ._spec import MIDDLEWARE, Fate, Meaning, PathPattern


def _all(fate: Fate, *patterns: str) -> tuple[PathPattern, ...]:
    return tuple(PathPattern(Meaning(fate=fate), MIDDLEWARE, pattern=p) for p in patterns)


# Requests on a module: `/modx/<module>/<action>` and `/xblock/<module>/handler/<handler>/<action>`
ACTIONS = (
    PathPattern(Meaning(kind="navigation", fate="echo"), MIDDLEWARE, action="goto_position", categories=("sequential", "videosequence")),
    PathPattern(Meaning(kind="video", fate="background"), MIDDLEWARE, action="save_user_state"),
    PathPattern(Meaning(fate="background"), MIDDLEWARE, action="publish_completion"),
    PathPattern(Meaning(fate="background"), MIDDLEWARE, action="hint_button"),
    PathPattern(Meaning(kind="video", fate="background"), MIDDLEWARE, action="transcript", categories=("video", "videoalpha")),
)
OTHER_ACTIONS = (
    PathPattern(Meaning(kind="video"), MIDDLEWARE, action="*", categories=("video", "videoalpha")),
    PathPattern(Meaning(), MIDDLEWARE, action="*"),
)

MACHINES = _all(
    "machine",
    "/**.php/**", "/**.asp/**", "/**.aspx/**", "/**.cgi/**", "/**.env/", "/.git/**", "/.well-known/**", "/phpmyadmin/**", "/phpMyAdmin/**",
    "/pma/**", "/sql/**", "/mysql/**", "/wp-admin/**", "/wp-login/**", "/cgi-bin/**", "/robots.txt/", "/notifier_api/**",
)  # fmt: skip

STUDIO = _all(
    "studio",
    "/preview/**", "/preview_component/**", "/course/**", "/container/**", "/xblock/container/**", "/xblock/*/container_preview/**",
    "/xblock/*/studio_view/**", "/xblock/*/student_view/**", "/xblock/*/reorderable_container_child_preview/**",
    "/xblock/*.*.*/branch/**", "/xblock/i4x:/**", "/xblock/outline/**", "/unit/**", "/subsection/**", "/home/", "/settings/**",
    "/transcripts/**", "/import/**", "/export/**", "/import_status/**", "/assets/**", "/tabs/**", "/textbooks/**", "/course_info/**",
    "/course_info_update/**", "/course_team/**", "/checklists/**", "/group_configurations/**", "/videos/**", "/utilities/**", "/edit/**",
)  # fmt: skip

BACKGROUND = _all(
    "background",
    "/", "/heartbeat/**", "/event/", "/event/**", "/segmentio/**", "/favicon.ico/", "/static/**", "/jsi18n/**", "/i18n/**", "/i18n.js/",
    "/*.js/", "/xmodule/**", "/api/**", "/user_api/**", "/oauth2/**", "/csrf/**", "/login_refresh/", "/login/", "/login_ajax/**",
    "/accounts/login/", "/signin/", "/logout/", "/register/", "/create_account/", "/activate/**", "/password_reset/**",
    "/password_reset_confirm/**", "/change_enrollment/**", "/change_email_settings/", "/change_setting/", "/change_name/**", "/change_email/**",
    "/lang_pref/**", "/search_track/**", "/calculate/", "/admin/**", "/courses/**/xqueue/**", "/xqueue/**",
    "/courses/**/discussion/**/inline/", "/courses/**/discussion/forum/users/*/followed/", "/courses/**/instructor/api/**",
    "/courses/**/enroll_staff/", "/courses/**/change_enrollment/", "/courses/**/change_email_settings/", "/courses/**/edxnotes/**",
    "/courses/**/static/js/**", "/courses/**/static/css/**", "/dashboard/api/**",
    "/courses/**/modx/**", "/courses/**/xblock/**/handler/**",  # on no module that can be read
)  # fmt: skip
