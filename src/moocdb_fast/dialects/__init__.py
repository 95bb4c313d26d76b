"""Views that present the tables as published variants of MOOCdb have them."""

from ..errors import UsageError
from . import coursera, curated, dropout, edx2014
from ._spec import Dialect, Engine, create_views

__all__ = ["DIALECTS", "Dialect", "Engine", "create_views", "dialect_of"]

DIALECTS: dict[str, Dialect] = {d.name: d for d in (edx2014.DIALECT, coursera.DIALECT, curated.DIALECT, dropout.DIALECT)}


def dialect_of(name: str) -> Dialect:
    """A dialect by its name."""
    if name not in DIALECTS:
        raise UsageError(f"there is no dialect {name!r}", f"dialects are: {', '.join(DIALECTS)}")
    return DIALECTS[name]
