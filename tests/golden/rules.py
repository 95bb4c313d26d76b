"""The named differences between our tables and those of the published pipeline.

A row of the published output is in ours, field by field, or a rule of this list says why it is not, and the other way
round. `explain_*.py` decide from the source line and what surrounds it which rule it is. `source` names what a rule rests on: D are
defects of the published pipeline, T decisions of the translation, S sections of docs/reference/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One difference. `about` says what it explains."""

    name: str
    about: str
    reason: str
    source: str


def _rules(about: str, *rules: tuple[str, str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(name, about, reason, source) for name, source, reason in rules)


_ALL = (
    *_rules(
        "Observed events and submissions that only the published tables have",
        ("anonymous", "T7, D25", "nobody is named; theirs are all one user"),
        ("background", "T6, D23", "a request that is no page (heartbeat, log-in, static file, a video player's state)"),
        ("studio", "T16", "an author's preview"),
        ("duplicate", "T2", "the same bytes at the same time by the same user were there before"),
    ),
    *_rules(
        "Observed events that only the published tables have",
        ("reset_request", "D29, S9", "a request to reset is a submission of ours (or an echo), an observed event of theirs"),
        ("other_mode", "T15", "a post, an answer to a question or an essay is a row of its own mode, an observed event of theirs"),
        ("rescore_rows", "D6", "theirs has a row for each part of a rescored problem"),
    ),
    *_rules(
        "Submissions that only the published tables have",
        ("echo", "T3, D5", "another report of what our submission of the same user, problem and act within 60 s records"),
        ("extra_copy", "D6", "a request to check, and a failed check, writes its last row twice"),
        ("state_only", "D7", "the row exists only to carry a key of the problem's state"),
        ("dynamath", "D9", "the MathML preview of a formula, as a submission of its own"),
        ("no_problem", "S9", "the line names no problem; it is an observed event of ours, or its answer could be read after all"),
        ("unparsed_module", "D11", "an id that theirs cannot read is booked on the problem created last"),
        ("whole_problem", "T3", "theirs books a request to save on the problem as a whole, without its answers"),
        ("rescore_marks", "D8, S9", "a mark of a rescored problem, to which theirs has no submission either"),
    ),
    *_rules(
        "Rows that only our tables have",
        ("rescued_json", "T8, D28", "theirs lost the line: not JSON"),
        ("rescued_payload", "D28", "theirs lost the line: its payload is empty, missing, cut or a bare query string"),
        ("rescued_time", "T9, D28", "theirs lost the line: a time without a fraction, with `Z`, or with a blank for the `T`"),
        ("rescued_ip", "D28", "theirs lost the line: its address is not four numbers"),
        ("rescued_ascii", "D37", "theirs lost the line: a value is not ASCII"),
        ("kept_silent", "D29", "theirs dropped the event without a word (feedback, marks, states with nothing to join)"),
        ("kept_sequential", "D3", "theirs drops every type and address that contains `sequential`"),
        ("kept_page_close_path", "D2", "theirs drops every type and address that contains `page_close`"),
        ("part_answers", "T3, D16", "an answer in the request or in the query string that theirs did not read"),
        ("own_problem", "D11, S9", "the problem that the line is about, where theirs booked it elsewhere"),
        ("reset_answers", "T3", "a further part of a reset problem; theirs keeps the first"),
        ("echo_parts", "T3", "a server event that names no part takes the parts of its echo"),
    ),
    *_rules(
        "Users, times and types",
        ("ascii_name", "D37", "theirs makes names ASCII before hashing"),
        ("about", "S5", "theirs calls an about page `about` and forgets its address; ours is a page view of it"),
        ("no_action", "S12", "a request on a module without an action: theirs writes `None` behind the category"),
        ("unparsed_request", "S5", "a request on a module whose action has capitals or several pieces: theirs reads neither module nor action"),
    ),
    *_rules(
        "Modules and resources",
        ("dashed_id", "D12", "two spellings of an id (`6_002x`, `6.002x`) are one id"),
        ("video_one_resource", "D31, T5", "the player's code is no part of what a video is"),
        ("bare_name", "S7", "a bare name stands for a module of the course"),
        ("module_kept", "T8", "theirs takes the module only if all fields of the payload are there"),
        ("part_resource", "T5", "a rescored problem is one resource, its parts are none"),
        ("staff_events", "S8", "theirs reads the problem of some course team events only"),
    ),
    *_rules(
        "Pages",
        ("domain", "S5", "paths get the line's host; theirs get one fixed host"),
        ("fake_piece", "D35", "an unknown panel is no piece `_/` of the address"),
        ("panel_destination", "D20", "sequence events happen on the panel they go to"),
        ("panel_place", "D34", "the panel stands at the end, also if unit and sub-unit have one name"),
        ("no_destination", "S11", "0 is no panel; theirs writes -1"),
        ("explicit_panel", "D21", "a panel in the address is kept"),
        ("relative_page", "S5", "a page that begins with `/` in a browser event is no landing on panel 1"),
        ("pageless_navigation", "S12", "a sequence event without a page has no resource in theirs, and no page in ours"),
        ("book_page", "D32", "a book event is on the page it turns to"),
        ("book_panel", "D32", "a book's page number is no panel of a courseware page"),
        ("ascii_page", "D37", "theirs makes the address ASCII"),
        ("stale_location", "D22", "theirs takes a location's age modulo a day"),
        ("page_close_location", "T1, D2", "a page_close ends the location"),
        ("last_course_page", "T6, D23", "other pages and background requests do not replace the location"),
        ("kept_row_moves", "D3", "a page request that theirs drops moves the user"),
        ("no_course", "S6, S11", "a line without page, module and course takes no part in the locations of a course"),
        ("time_order", "T2, D41", "the log is not in time order: ours follows the clock, theirs the log (also: durations)"),
        ("carried", "S11", "the location was handed on from the event before, which differs for a reason of its own"),
    ),
    *_rules(
        "Durations",
        ("whole_seconds", "T1, D1", "the same next event ends it: seconds, not minutes modulo a day"),
        ("last_event", "T1, D1", "no event follows: NULL, not 0"),
        ("page_close_ends", "T1, D2", "a page_close of the same page ends it"),
        ("kept_row_ends", "D3, D28", "a row that theirs does not have ends it"),
        ("absent_row_ends", "T6, T2, T16", "a row that ours does not have ended it"),
        ("other_course", "T1", "an event outside the course does not end it"),
    ),
    *_rules(
        "Answers",
        ("pairing", "T4, D8", "answers and marks are paired by part id, theirs by position (also: a part that theirs thereby has twice or not)"),
        ("no_answer", "S13", "no answer is NULL, not empty text"),
        ("nan", "D14", "an empty answer, `NA` or `null` is kept; theirs writes `nan`"),
        ("apostrophe", "D15", "apostrophes are kept"),
        ("backslash", "D42", "backslashes and line ends are kept"),
        ("ascii", "D37", "what is not ASCII is kept"),
        ("percent", "D16", "query strings are decoded"),
        ("choices", "D16, T14", "all choices of a repeated key, where theirs keeps the last"),
        ("answer_list", "T14", "a list is a JSON array, not text with commas"),
        ("brackets", "D16", "the `[]` behind a key is no part of the id"),
        ("graded_mark", "D10", "theirs stores the mark of a graded page as the answer"),
        ("reset_answer", "T3", "theirs drops the answer of a reset"),
    ),
    *_rules(
        "Attempts and grades",
        ("unknown_attempt", "D13", "an unknown attempt number is NULL, not -1"),
        ("graded_mark_grade", "D10", "the mark of a graded page is the grade"),
        ("partial", "T4", "a partly correct answer is assessed, without a grade if its share is unknown"),
    ),
)  # fmt: skip
RULES = {rule.name: rule for rule in _ALL}
