"""Synthetic edX tracking logs: no line of them comes from a real person, course or site."""

from .log import Plan, Tally, lines, write
from .mix import GROUPS, declared_groups, declared_shares

__all__ = ["GROUPS", "Plan", "Tally", "declared_groups", "declared_shares", "lines", "write"]
