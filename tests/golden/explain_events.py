"""Observed events: each row of the published output beside ours of the same line, field by field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import predict
from .context import Context, absence, act, module_of, rescue
from .explain_pages import why_page
from .records import Event, plain
from .source import Line

if TYPE_CHECKING:
    from .compare import Report

_OLD_DOMAIN = "https://www.edx.org/"
_UNKNOWN = "https://unknown/"
_SILENT = ("oe_show_full_feedback", "oe_show_respond_to_feedback", "oe_feedback_response_selected", "problem_rescore", "problem_rescore_fail")


def explain(context: Context, report: Report) -> None:
    """All observed events of a case, in both directions."""
    for line in context.lines:
        old, mine = context.old_events[line.number], context.events[line.number]
        if len(mine) > 1:
            report.fail(line.number, "several events of ours")
        for row in old:
            if row is not old[0]:
                _name(report, line, "rescore_rows" if line.type.startswith("problem_rescore") else None, f"one row too many: {row}")
            elif mine:
                _Pair(context, report, line, row, mine[0]).compare()
            else:
                _name(report, line, _why_absent(context, line), f"no row of ours for {row}")
        if mine and not old:
            _name(report, line, _why_extra(context, line, mine[0]), f"only ours: {mine[0]}")


def _name(report: Report, line: Line, rule: str | None, what: str) -> None:
    if rule:
        report.rule(rule)
    else:
        report.fail(line.number, what)


def _why_absent(context: Context, line: Line) -> str | None:
    always = absence(context, line)
    if always:
        return always
    if isinstance(line.user, str) and (context.pseudonym(line.user), line.utc) in context.activities:
        return "other_mode"
    if predict.old_type(line) == "i4x_combinedopenended_save_answer" and context.submissions[line.number]:
        return "other_mode"
    if predict.old_type(line) == "i4x_problem_problem_reset":
        here = bool(context.submissions[line.number])
        module = module_of(line)
        problem = f"{module[0]}/{plain(module[1])}/{module[2]}/{plain(module[3])}" if module else ""
        return "reset_request" if here or context.echoes(line, problem) else None
    return None


def _why_extra(context: Context, line: Line, mine: Event) -> str | None:
    if context.old_submissions[line.number]:
        return "no_problem"
    why = rescue(line)
    if why:
        return why
    if "sequential" in line.type:
        return "kept_sequential"
    if "page_close" in line.type and line.type != "page_close":
        return "kept_page_close_path"
    if line.type in _SILENT or (act(line) and mine.type == line.type):
        return "kept_silent"
    return None


class _Pair:
    """A row of theirs and the row of ours from the same line."""

    def __init__(self, context: Context, report: Report, line: Line, old: Event, mine: Event) -> None:
        self.context, self.report, self.line, self.old, self.mine = context, report, line, old, mine
        self.kind = predict.old_type(line)

    def compare(self) -> None:
        """User, time, type, module, page."""
        self._user()
        if self.mine.time != self.line.utc:
            self._differs(None, f"time {self.mine.time}")
        if self.old.time != self.mine.time:
            self._differs(None, "time")
        if self.old.type == "about":  # their row lost its page with its type
            here = f"https://{self.line.host}{self.line.type.rstrip('/')}/"
            self._differs("about" if (self.mine.type, self.mine.page) == ("url_change", here) else None, "about")
            return
        self._type()
        self._page(self._module())

    def _differs(self, name: str | None, what: str) -> None:
        seen = f"{self.old.type} {self.old.resource} / {self.mine.type} {self.mine.page} {self.mine.module}"
        _name(self.report, self.line, name, f"{what}: {seen}")

    def _user(self) -> None:
        name = self.line.user
        if not isinstance(name, str) or self.mine.user != self.context.pseudonym(name):
            self._differs(None, "user")
        elif not name.isascii():
            self.report.rule("ascii_name")

    def _type(self) -> None:
        old, new = self.old.type, self.mine.type
        if old == new:
            return
        if old.endswith("_None") and new == old.removesuffix("_None"):
            self._differs("no_action", "type")
        else:
            self._differs("unparsed_request" if old == "i4x__" and new.startswith("i4x_") else None, "type")

    def _module(self) -> str:
        """Compares the modules; gives their page, which is what is left of their resource."""
        address, new = self._without_code(self.old.resource), self.mine.module
        named = module_of(self.line)
        if self.kind.startswith("seq_"):
            return address
        if named is None:
            if new:
                bare = str(self.line.payload.get("id", "")) == new.rpartition("/")[2]
                staff = self.kind == "reset-student-attempts" and str(self.line.payload.get("problem", "")) != ""
                self._differs("bare_name" if bare else "staff_events" if staff else None, "module")
            return address
        org, number, category, name = named
        ending = f"{category}/{name}/"
        if new is None or new.split("/")[4:] != [category, plain(name)] or plain(new.split("/")[3]) != plain(number):
            self._differs(None, "module")
        elif new != f"i4x://{org}/{number}/{category}/{plain(name)}":
            self._differs("dashed_id", "module")
        part = re.search(rf"{re.escape(ending)}\d+/\d+/$", address)
        if part:
            self._differs("part_resource" if self.kind == "problem_rescore" else None, "module")
            return address[: part.start()]
        if not address.endswith(ending):
            self._differs(self._why_no_module(), "module")
        return address.removesuffix(ending)

    def _without_code(self, address: str) -> str:
        """Their videos have the player's code behind them; load, play and pause print a missing one as `None`."""
        if not re.search("video|transcript|fullscreen", self.kind) or self.line.is_path:
            return address
        payload = self.line.payload
        missing = "None" if payload and self.kind in ("load_video", "play_video", "pause_video") else ""
        ending = f"_{str(payload.get('code', missing)).replace(chr(92), '')}"
        if not address.endswith(ending):
            return address
        self.report.rule("video_one_resource")
        return address.removesuffix(ending)

    def _why_no_module(self) -> str | None:
        if self.line.is_path and self.kind == "i4x__":
            return "unparsed_request"
        if self.kind == "rubric_select" and not {"location", "selection", "category"} <= set(self.line.payload):
            return "module_kept"
        return None

    def _page(self, theirs: str) -> None:
        report, mine = self.report, self.mine.page or _UNKNOWN
        if theirs.endswith("/_/"):
            report.rule("fake_piece")
            theirs = theirs.removesuffix("_/")
        if theirs.startswith(_OLD_DOMAIN) and mine.startswith(f"https://{self.line.host}/"):
            report.rule("domain")
            theirs = theirs.replace(_OLD_DOMAIN, f"https://{self.line.host}/", 1)
        if theirs != mine:
            self._differs(why_page(self.context, self.line, theirs, mine), f"page {theirs}")
        self.context.pages[self.line.number] = (theirs, mine)
