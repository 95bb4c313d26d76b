"""Courses of Coursera's session platform (2012-2015): three MySQL dumps, or the three databases on a server, to MOOCdb.

detect.py, dump.py, live.py    an export as a source of rows
tables.py, kinds.py            what is read and what it becomes, declared once
run.py                         a run; people, resources, quizzes, assignments, forum, lectures and clickstream are its areas

from moocdb_fast.coursera import Course, open_export, translate_export
summary = translate_export(lambda: open_export("export/"), Path("moocdb/"), Course("algorithms-001"))
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .detect import open_dumps, open_export
    from .live import open_live
    from .run import Course, translate_export

__all__ = ["Course", "open_dumps", "open_export", "open_live", "translate_export"]

__getattr__ = lazily(__name__, {"Course": "run", "open_dumps": "detect", "open_export": "detect", "open_live": "live", "translate_export": "run"})
