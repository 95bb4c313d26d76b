"""User agents, understood by a maintained library, each distinct string once (rules, section 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def names_of(agent: str) -> tuple[str, str]:
    """Operating system and browser of a user agent string: family and, if known, version."""
    from ua_parser import Domain

    result = _resolver()(agent, Domain.OS | Domain.USER_AGENT)
    return _named(result.os), _named(result.user_agent)


@cache
def _resolver() -> Any:
    """The library's own, without the patterns of devices: compiling them would take longer than all the rest."""
    from ua_parser.loaders import load_lazy_builtins
    from ua_parser.regex import Resolver

    user_agents, systems, _ = load_lazy_builtins()
    return Resolver((user_agents, systems, []))


def _named(found: Any) -> str:
    if found is None or not found.family:
        return "Other"
    version = ".".join(part for part in (found.major, found.minor if found.major else None) if part)
    return f"{found.family} {version}"[:255] if version else found.family[:255]


@dataclass(frozen=True)
class AgentIds:
    """os_id and agent_id by agent code (0: none), and the names by id - 1."""

    os: Array
    agent: Array
    os_names: list[str]
    agent_names: list[str]


def number_agents(texts: Sequence[str], order: Sequence[int]) -> AgentIds:
    """Ids in the order in which agents first appear; `order` holds their codes."""
    os_ids: dict[str, int] = {}
    agent_ids: dict[str, int] = {}
    ids = AgentIds(np.zeros(len(texts), np.int32), np.zeros(len(texts), np.int32), [], [])
    for code in order:
        os_name, agent_name = names_of(texts[code])
        ids.os[code] = os_ids.setdefault(os_name, len(os_ids) + 1)
        ids.agent[code] = agent_ids.setdefault(agent_name, len(agent_ids) + 1)
    ids.os_names.extend(os_ids)
    ids.agent_names.extend(agent_ids)
    return ids
