"""The generated pages below docs are what the program prints today; those of events hold what the translator makes of the examples."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))  # as when it is run
_spec = importlib.util.spec_from_file_location("make_docs", ROOT / "ci" / "make_docs.py")
make_docs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_docs)


@pytest.mark.parametrize("name", make_docs.PAGES)
def test_page_is_current(name):
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == make_docs.PAGES[name](), "run: python ci/make_docs.py"


def test_there_are_no_other_pages():
    assert not make_docs.strangers()
