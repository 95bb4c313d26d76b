"""moocdb_fast: raw edX tracking logs to MOOCdb tables.

import moocdb_fast
summary = moocdb_fast.translate("log.json", "moocdb/")
events = moocdb_fast.open("moocdb/").table("observed_events")   # a pyarrow.Table
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking import check
    from .database.load import load
    from .errors import MoocdbError
    from .ledger import Summary
    from .options import Options
    from .reading import MoocDB, open
    from .translate import translate

__all__ = ["MoocDB", "MoocdbError", "Options", "Summary", "check", "load", "open", "translate"]

_HOMES = {
    "MoocDB": "reading",
    "MoocdbError": "errors",
    "Options": "options",
    "Summary": "ledger",
    "check": "checking",
    "load": "database.load",
    "open": "reading",
    "translate": "translate",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used, so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
