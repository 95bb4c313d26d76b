"""The named differences between our tables and those of the published pipeline.

A row of the published output is either in ours, field by field, or a rule of this list says why it is not. `source`
names what the rule rests on: D and K are defects of the published pipeline, T decisions of the translation.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One difference. `about`: what it explains."""

    name: str
    about: str
    reason: str
    source: str


_ABSENT = "row only in the published output"
_OURS = "row only in ours"
_EVENT = "field of an observed event"
_SUBMISSION = "field of a submission"

_ALL = (
    Rule("extra_copy", _ABSENT, "a request to check, and a failed check, wrote its last row twice", "D6"),
)
RULES = {rule.name: rule for rule in _ALL}
