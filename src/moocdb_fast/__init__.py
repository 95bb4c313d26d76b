"""moocdb_fast: raw edX tracking logs to MOOCdb tables.

import moocdb_fast
summary = moocdb_fast.translate("log.json", "moocdb/")
events = moocdb_fast.open("moocdb/").table("observed_events")   # a pyarrow.Table
"""

from typing import TYPE_CHECKING

from .lazily import lazily

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

__getattr__ = lazily(__name__, _HOMES)
