"""What becomes of a Coursera export as Markdown: printed from the declarations that the translation uses."""

from __future__ import annotations

from collections.abc import Iterable

from ..coursera.kinds import CHOICE_TYPES, EVENTS, FREE_TEXT, INDEXES, QUIZ_PROBLEM, QUIZ_RESOURCE, RESOURCES, SITE, USER_TYPES, VIDEO_CLICKS
from ..coursera.parameters import SECTIONS
from ..coursera.reasons import Drop, Note, Skip
from ..coursera.tables import NOT_READ, SOURCES, SourceTable
from ..ledger import Reason
from ..schema import PROBLEM_TYPES, RESOURCE_TYPES
from ..schema import USER_TYPES as TYPES
from .render import grid

_DUMPS = {"hash_mapping": "The hash mapping", "general": "The general tables", "forum": "The forum"}


def coursera_md() -> str:
    """The page of the reference."""
    parts = [
        "# Coursera exports\n",
        "What the command `coursera` reads of a course of Coursera's session platform (2012-2015), and what it becomes. Both layouts of the export "
        "are read; where they name a column differently, both names stand in the table. Times are UTC. Key-value tables are called `kvs.quiz` and "
        "so on here: in the older layout they are named `kvs_course.<number>.quiz`, in the newer one `kvs_course.quiz`.\n",
        "[How to translate a course](../how-to/coursera.md) · [differences from the published translator](../differences-coursera.md)\n",
    ]
    for where, title in _DUMPS.items():
        parts.append(f"## {title}\n")
        parts.append(grid(("table", "what", "columns", "becomes"), [_source(t) for t in SOURCES.values() if t.where == where]))
    parts += ["## Tables that are left alone\n", grid(("tables", "why"), list(NOT_READ.items()))]
    parts += ["## Observed events\n", _EVENTS]
    parts.append(
        grid(
            ("observed_event_type", "mode", "from", "time", "resource"),
            [(f"`{e.name}`", e.mode, e.source, e.when, e.resource) for e in EVENTS.values()],
        )
    )
    parts.append(
        "Of a clickstream: " + ", ".join(f"`{name}`" for name in ("page_view", *VIDEO_CLICKS.values())) + " (a seek has `_back` or `_forward` behind "
        "it), `video_` and the player's word for other reports of the player, and the key of the line for others. Player reports have a row in "
        "click_events.\n"
    )
    names = {row[0]: row[1] for row in RESOURCE_TYPES}
    parts += [
        "## Resources\n",
        f"The address stands behind `{SITE}/<course>/`. First come the index pages: {', '.join(f'{n} (`{a}`)' for n, a in INDEXES)}.\n",
    ]
    parts.append(
        grid(("resource_key", "type", "address", "from"), [(f"`{k.name}:<id>`", names[k.type], f"`{k.address}`", k.doc) for k in RESOURCES.values()])
    )
    parts += ["## Problems\n", _problems(names)]
    parts += ["## User types\n", _users()]
    parts += ["## Submissions and assessments\n", _SUBMISSIONS]
    parts += ["## The ledger\n", _LEDGER]
    for title, kind in (("Not needed (filtered)", Skip), ("Rejected", Drop), ("Incomplete or put right (salvaged)", Note)):
        parts += [f"### {title}\n", grid(("reason", "what"), _reasons(kind))]
    parts += ["## The parameter file\n", _PARAMETERS]
    for section, values in SECTIONS.items():
        parts += [f"### [{section}]\n", grid(("value", "what"), [(f"`{name}`", what) for name, what in values.items()])]
    return "\n".join(parts)


_EVENTS = (
    "Actions of the activity log are events named `module.action`, as logged. An event has the key of the submission or collaboration that it "
    "belongs to, so the two can be joined. Events have no duration: an export does not tell it.\n"
)
_SUBMISSIONS = (
    "Each answered question of each attempt is a submission, whether it changed or not. `submission_attempt_number` counts per user and problem in "
    "the order of time. Choices are a JSON array of option ids, other answers the text; nothing selected is NULL. What is only saved has "
    "`submission_is_submitted` 0 and no attempt number. An attempt without readable answers is one submission to the quiz itself.\n\n"
    "Marks are shares of the most that can be reached: of a choice its `selected_score`; of check boxes the sum of `selected_score` of the options "
    "that are chosen and `unselected_score` of the others. Points below 0 are a grade of 0, and their share stands in "
    "`assessment_grade_with_penalty`. Questions without choices are not marked: how their keys are matched is not known.\n"
)
_LEDGER = (
    "Every row that is read has one fate: translated, filtered or rejected. `summary.json` has the numbers for each table and in all, under the "
    "names that a run over logs uses: `lines_read` are rows, `events` those translated. `rejects.jsonl` has a row for each rejected row with "
    "`table`, `reason` and, where the table numbers its rows by something that is no person, `id`. A translated row may have any number of notes "
    "(`salvaged_by_reason`).\n"
)
_PARAMETERS = (
    "`--parameters FILE` reads the parameter dictionary of the published scripts, written as a TOML file ([example](../../examples/coursera.toml)). "
    "Options of the command line win.\n"
)


def _source(table: SourceTable) -> tuple[str, str, str, str]:
    columns = ", ".join(" or ".join(f"`{name}`" for name in names.split("|")) for names in table.columns.values())
    return f"`{table.name}`", table.doc, columns, table.into


def _problems(names: dict[int, str]) -> str:
    kinds = dict(PROBLEM_TYPES)
    formats = [(f"choice_type {choice}", f"`{format}`") for choice, format in CHOICE_TYPES.items()] + [("other questions", f"`{FREE_TEXT}`")]
    formats += [("a quiz itself", "`quiz`"), ("an assignment, its parts", "`assignment`, `assignment_part`"), ("a task", "`peer_assessment`")]
    types = [(kind, kinds[number], names[QUIZ_RESOURCE.get(kind, 12)]) for kind, number in QUIZ_PROBLEM.items()]
    types += [(kind, kinds[0], names[number]) for kind, number in QUIZ_RESOURCE.items()]
    return (
        "A question is known by its quiz and its id, since copies of a quiz repeat the ids. Drafts are their live quiz.\n\n"
        + grid(("question", "problem_format"), formats)
        + "\n"
        + grid(("quiz_type", "problem type", "resource type"), types)
    )


def _users() -> str:
    names = dict(TYPES)
    rows = [(group, names[number]) for group, number in USER_TYPES.items()]
    return grid(("access group", "user type"), [*rows, ("other names", names[7])])


def _reasons(kind: Iterable[Reason]) -> list[tuple[str, str]]:
    return [(f"`{reason.value}`", reason.doc) for reason in kind]
