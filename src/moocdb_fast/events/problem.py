"""Problems (capa): browser, request and server forms of checking, saving and resetting, and looking at answers."""

from ._spec import FAILED, RESET, SAVED, SUBMITTED, Act, EventType, Form, Meaning, PathPattern, Submit, Trust

_DOC = "edX research guide, student event types: problem interaction events"
_OLD = "edX research guide before 2013-07 (earlier names of the same events)"
_PATH = "the platform's request middleware"


def _submits(act: Act, code: int, trust: Trust, form: Form) -> Meaning:
    module = ("problem_id",) if form == "maps" else ()
    return Meaning(kind="problem", mode="submitting", module=module, category="problem", submit=Submit(act, code, trust, form))


def _views(*fields: str) -> Meaning:
    return Meaning(kind="problem", module=fields, category="problem")


_MAPS = _views("problem_id")

TYPES = (
    EventType("problem_check", _submits("check", SUBMITTED, "browser", "query"), _DOC, source="browser"),
    EventType("problem_check", _submits("check", SUBMITTED, "server", "maps"), _DOC, source="server"),
    EventType("save_problem_check", _submits("check", SUBMITTED, "server", "maps"), _OLD),
    EventType("problem_check_fail", _submits("check", FAILED, "server", "maps"), _DOC),
    EventType("save_problem_check_fail", _submits("check", FAILED, "server", "maps"), _OLD),
    EventType("problem_graded", _submits("check", SUBMITTED, "graded", "graded"), _DOC),
    EventType("problem_save", _submits("save", SAVED, "browser", "query"), _DOC),
    EventType("save_problem_success", _submits("save", SAVED, "server", "maps"), _DOC),
    EventType("save_problem_fail", _submits("save", FAILED, "server", "maps"), _DOC),
    EventType("problem_reset", _submits("reset", RESET, "browser", "query"), _DOC),
    EventType("reset_problem", _submits("reset", RESET, "server", "maps"), _DOC),
    EventType("reset_problem_fail", _submits("reset", FAILED, "server", "maps"), _DOC),
    EventType("problem_show", _views("problem"), _DOC),
    EventType("showanswer", _MAPS, _DOC, also=("show_answer",)),
    EventType("problem_rescore", _MAPS, _DOC),
    EventType("problem_rescore_fail", _MAPS, _DOC),
    EventType("edx.problem.hint.demandhint_displayed", _views("module_id"), _DOC),
    EventType("edx.problem.hint.feedback_displayed", _views("module_id"), _DOC),
)

PATHS = (
    PathPattern(_submits("check", SUBMITTED, "request", "post"), _PATH, action="problem_check", categories=("problem",)),
    PathPattern(_submits("save", SAVED, "request", "post"), _PATH, action="problem_save", categories=("problem",)),
    PathPattern(_submits("reset", RESET, "request", "post"), _PATH, action="problem_reset", categories=("problem",)),
    PathPattern(Meaning(kind="problem"), _PATH, action="*", categories=("problem",)),
)
