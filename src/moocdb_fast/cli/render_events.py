"""The mapping reference: an index of all event types and a page per family, with what the translator makes of each example."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .. import events as event_map
from ..demonstration import Demonstration, demonstrate
from ..events._spec import Declared, EventType, Meaning, PathPattern
from ..events.examples import has_example
from ..ledger import REASONS
from ..schema import TABLES
from ..tracing import Row, Trace
from .render import codes, grid, to_json

FOLDER = "docs/events"
_SOURCES = {"any": "", "browser": "browser", "server": "not browser"}
_TELLERS = {
    "server": "the server",
    "request": "the request",
    "browser": "the browser",
    "graded": "the graded page",
    "score": "the score that follows a submission",
}
_CODES = {0: "saved", 1: "submitted", 2: "failed", 3: "reset"}
_DONE_BY_TIME = ("observed_event_timestamp", "submission_timestamp", "assessment_timestamp", "collaboration_timestamp", "feedback_timestamp")
_UNTOLD = {
    *_DONE_BY_TIME,
    "observed_event_key",
    "submission_key",
    "observed_event_type_id",
    "validity",
    "course_key",
}
_REPEATED = {"click_events": ("observed_event_type", "url", "video_key")}  # as in the observed event


def page_name(family: str) -> str:
    """The file of a family's page."""
    return f"{family.replace(' ', '-')}.md"


def events_json() -> str:
    """All declarations."""
    families = [{"family": label, "types": [dataclasses.asdict(t) for t in family.TYPES]} for label, family in event_map.FAMILIES.items()]
    return to_json({"families": families, "paths": [dataclasses.asdict(p) for p in event_map.PATHS]})


def pages() -> dict[str, Callable[[], str]]:
    """File name → text of each page; all examples are translated at once, when the first family page is asked for."""
    shown: dict[str, list[Demonstration]] = {}

    def family_page(family: str) -> str:
        if not shown:
            owners = [(label, each) for label, family in event_map.FAMILIES.items() for each in event_map.declarations(family) if has_example(each)]
            for (label, _), made in zip(owners, demonstrate([each for _, each in owners]), strict=True):
                shown.setdefault(label, []).append(made)
        return family_md(family, shown.get(family, []))

    def maker(family: str) -> Callable[[], str]:
        return lambda: family_page(family)

    return {"index.md": events_md, **{page_name(family): maker(family) for family in event_map.FAMILIES}}


def events_md() -> str:
    """The index."""
    types = len(event_map.TYPES)
    names = len({name for t in event_map.TYPES for name in (t.name, *t.also)})
    parts = [
        "# The event map\n",
        f"Printed by `python -m moocdb_fast events`: {types} event types under {names} names, in {len(event_map.FAMILIES)} families, "
        "and the request paths. "
        "It is declared in `src/moocdb_fast/events/`, one module per family. Each family has a page that shows, for every type, an example "
        "line and the rows that the translator makes of it. A named type that is not listed becomes an observed event with the common fields. "
        "`python -m moocdb_fast events explain LOG` shows what the types in a log of yours become.\n",
    ]
    for family in event_map.FAMILIES:
        declared = [t for t in event_map.declarations(event_map.FAMILIES[family]) if isinstance(t, EventType)]
        parts.append(f"## {family.capitalize()}\n\n{_doc(family)} [Details and examples]({page_name(family)}).\n")
        if declared:
            parts.append(grid(("event type", "source", "what it is"), [_index_row(t) for t in declared]))
    parts.append("## Request paths\n")
    parts.append(
        "The first row that fits decides. A path that fits none is a page view. The terms are explained in [the rules](../reference/rules.md).\n"
    )
    parts.append(grid(("path, or action on a module", "what it is"), [(path_name(p), what_it_is(p.meaning)) for p in event_map.PATHS]))
    return "\n".join(parts)


def _doc(family: str) -> str:
    return (event_map.FAMILIES[family].__doc__ or "").strip().partition("\n")[0]


def _index_row(declared: EventType) -> tuple[str, ...]:
    return codes((declared.name, *declared.also)), _SOURCES[declared.source], what_it_is(declared.meaning)


def path_name(declared: PathPattern) -> str:
    """A pattern or action as one can read it."""
    text = f"`{declared.pattern}`" if declared.pattern else f"action `{declared.action}`"
    return text + (" on " + codes(declared.categories) if declared.categories else "")


def what_it_is(meaning: Meaning) -> str:
    """What a declaration says an event is, in a few words."""
    if meaning.fate != "translate":
        return f"filtered: {meaning.fate}"
    words = [] if is_record(meaning) else [f"{meaning.kind.replace('_', ' ')} event"]
    if meaning.submit:
        submit = meaning.submit
        words.append(f"submission ({_CODES[submit.code]}) of a {submit.act}, told by {_TELLERS[submit.trust]}")
    if meaning.post:
        words.append(f"collaboration ({meaning.post.type})" + (", told by the request" if meaning.post.trust == "request" else ""))
    if meaning.questions:
        words.append("feedback (" + ", ".join(dict.fromkeys(question.type for question in meaning.questions)) + ")")
    if meaning.assess:
        words.append(f"assessment ({meaning.assess.grader}) of another event's submission")
    if meaning.clicks:
        words.append("click")
    facts = ((meaning.joins, "joins the course"), (meaning.staff, "done by the course team"), (meaning.final_grade, "final grade"))
    words += [text for told, text in (*facts, (meaning.profile, "profile")) if told]
    return ", ".join(words)


def is_record(meaning: Meaning) -> bool:
    """Whether it makes rows of its own mode instead of an observed event."""
    return bool(meaning.submit or meaning.post or meaning.final_grade or (meaning.questions and not meaning.assess))


def family_md(family: str, shown: Iterable[Demonstration]) -> str:
    """The page of a family."""
    by_declared = {id(made.declared): made for made in shown}
    parts = [
        f"# {family.capitalize()}\n",
        f"{_doc(family)} Written by `python ci/make_docs.py` from `src/moocdb_fast/events/`; the rows come from the translator. "
        "All examples are made up. "
        "Columns that are NULL, ids of rows, the user and the time of the line are left out; references are shown as what they refer to. "
        "See also the [index](index.md) and the [tables](../reference/schema.md).\n",
    ]
    for declared in event_map.declarations(event_map.FAMILIES[family]):
        parts += _section(declared, by_declared.get(id(declared)))
    return "\n".join(parts)


def _section(declared: Declared, made: Demonstration | None) -> Iterator[str]:
    yield f"## {_title(declared)}\n"
    yield _history(declared)
    if fields := list(payload_fields(declared.meaning)):
        yield grid(("payload", "becomes"), [(codes(paths, " or "), becomes) for paths, becomes in fields])
    if made is not None:
        after = declared.after if isinstance(declared, EventType) else ()
        behind = f" (behind one of {codes(after)})" if after else ""
        yield f"Example{behind}:\n\n```json\n{made.line}\n```\n"
        yield rows_md(made.trace, json.loads(made.line)["event_type"])


def _title(declared: Declared) -> str:
    if isinstance(declared, PathPattern):
        return path_name(declared)[0].upper() + path_name(declared)[1:]
    return f"`{declared.name}`" + (f", {_SOURCES[declared.source]}" if _SOURCES[declared.source] else "")


def _history(declared: Declared) -> str:
    meaning = declared.meaning
    sentences = [_sentence(what_it_is(meaning))]
    if isinstance(declared, EventType) and declared.also:
        sentences.append(f"Also named {codes(declared.also)}.")
    if declared.label:
        sentences.append(f"Its observed_event_type is `{declared.label}`.")
    if meaning.fate == "translate":
        sentences.append(f"Activity mode: {meaning.mode}.")
    if declared.era:
        sentences.append(_sentence(f"logged {declared.era}"))
    sentences.append(f"Source: {declared.doc}.")
    return " ".join(sentences) + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def rows_md(made: Trace, type: str) -> str:
    """What an example line of a type becomes, as Markdown."""
    if made.fate != "translated":
        return f"It is {made.fate}: {made.reason}. {REASONS[made.reason]}\n"
    if not made.rows:
        return "It makes no row of its own.\n"
    rows = [(f"`{row.table}`", "; ".join(f"{name}: `{value}`" for name, value in told(row, type))) for row in made.rows]
    return grid(("table", "row"), [(table, columns or "the common fields") for table, columns in rows])


def told(row: Row, type: str) -> list[tuple[str, str]]:
    """The columns of a row that say something the line's type, time, place and user do not, named by what they refer to."""
    hidden = _UNTOLD | set(_REPEATED.get(row.table, ()))
    references = {column.name for column in TABLES[row.table].columns if column.references}
    shown = []
    for name, value in row.values.items():
        if name in hidden or (name == "observed_event_type" and value == type):
            continue
        short = name.removesuffix("_id") if name in references else name
        shown.append((short, _value(value)))
    return shown


def _value(value: Any) -> str:
    return value.isoformat(" ") if isinstance(value, datetime.datetime) else str(value).replace("\n", "\\n")


def payload_fields(meaning: Meaning) -> Iterator[tuple[tuple[str, ...], str]]:
    """Payload members of a declaration, and what each becomes."""
    if meaning.module:
        bare = f"; a bare name is that of a {meaning.category}" if meaning.category else ""
        yield meaning.module, f"the module{bare}"
    simple = (
        (meaning.panel, "the panel of the page"),
        (meaning.course, "the course, if the context names none"),
        (meaning.user, "the user it is about"),
        (meaning.page, "the page, if the line has none"),
        (meaning.final_grade, "`users.user_final_grade`"),
    )
    yield from ((paths, becomes) for paths, becomes in simple if paths)
    if meaning.profile:
        yield ("setting",), "which of them: `gender`, `year_of_birth`, `country` or `language`"
        yield ("new",), "`users.user_gender`, `user_birthdate`, `user_country`, `user_language`"
    if meaning.clicks:
        names = {"code": "code", **{name: f"video_{name}" for name in ("current_time", "old_time", "new_time", "old_speed", "new_speed")}}
        yield from ((getattr(meaning.clicks, name), f"`click_events.{column}`") for name, column in names.items())
    yield from _submission_fields(meaning)
    yield from _post_fields(meaning)
    for question in meaning.questions:
        yield question.answer, _question_words(question.form, question.name)
    yield from _assessment_fields(meaning)


_ANSWER, _GRADE, _FEEDBACK = "`submissions.submission_answer`", "`assessments.assessment_grade`", "`assessments.assessment_feedback`"
_MAX, _ATTEMPT = "`assessments.assessment_max_grade`", "`submissions.submission_attempt_number`"
_FORMS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "maps": (
        (("answers.<part>", "submission.<part>.answer"), _ANSWER),
        (("correct_map.<part>.correctness", "submission.<part>.correct"), _GRADE),
        (("correct_map.<part>.npoints", "grade", "max_grade"), f"{_GRADE} of a partly correct part"),
        (("correct_map.<part>.hint", "correct_map.<part>.msg"), _FEEDBACK),
        (("submission.<part>.response_type",), "`problems.problem_format`"),
        (("max_grade",), f"{_MAX}, of a problem of one part"),
        (("attempts",), _ATTEMPT),
    ),
    "post": ((("POST.input_<part>",), _ANSWER),),
    "query": ((("input_<part>",), f"{_ANSWER}; the payload is a query string"),),
    "graded": (
        (("0",), f"{_ANSWER}; a query string"),
        (("1",), f"{_GRADE}, from the marks in the page"),
    ),
}


def _submission_fields(meaning: Meaning) -> Iterator[tuple[tuple[str, ...], str]]:
    submit = meaning.submit
    if submit is None:
        return
    yield from _FORMS.get(submit.form, ())
    if submit.whole is None:
        return
    whole = submit.whole
    share = f"{_GRADE}, as a share of what is possible" if whole.possible else _GRADE
    fields = (
        (whole.answer, _ANSWER + (", the texts of it" if whole.essay else "")),
        (whole.item, "number of the part"),
        (whole.attempts, _ATTEMPT),
        (whole.correct, f"{_GRADE}, 1 or 0"),
        (whole.earned, share),
        (whole.possible, _MAX),
        (whole.key, "the id by which assessments refer to the submission"),
    )
    yield from ((paths, becomes) for paths, becomes in fields if paths)


def _post_fields(meaning: Meaning) -> Iterator[tuple[tuple[str, ...], str]]:
    post = meaning.post
    if post is None:
        return
    word = f"; without it the content is `{post.word}`" if post.word else ""
    fields = (
        (post.key, "`collaborations.collaboration_key`"),
        (post.about, "the key of the parent (`collaborations.collaboration_parent_id`)"),
        (post.content, f"`collaborations.collaboration_content`{word}"),
        (post.undo, "if true, the content is `unvote`"),
    )
    yield from ((paths, becomes) for paths, becomes in fields if paths)


def _question_words(form: str, name: str) -> str:
    which = f" to the question `{name}`" if name else ""
    return {
        "value": f"`answers.answer_content`{which}",
        "each": f"`answers.answer_content`{which}, one for each element",
        "members": "`answers.answer_content`, one for each member; its name is `questions.question_content`",
        "rubric": "`answers.answer_content` for each criterion: the option; the criterion is `questions.question_content`",
    }[form]


def _assessment_fields(meaning: Meaning) -> Iterator[tuple[tuple[str, ...], str]]:
    assess = meaning.assess
    if assess is None:
        return
    fields = (
        (assess.key, "the submission that is assessed, by its id"),
        (assess.rubric, f"{_GRADE} and {_MAX}: the points of the options, of the points possible"),
        (assess.earned, f"{_GRADE}, as a share of what is possible"),
        (assess.possible, _MAX),
        (assess.feedback, _FEEDBACK),
    )
    yield from ((paths, becomes) for paths, becomes in fields if paths)
